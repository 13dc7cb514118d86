//! One person's year: admissions and readmissions, visits, and treatment in other sectors.

use domain::{CareLevel, Day, DrgType, EventKind, Minute, Sector, Service, Sex, UnitKind, Urgency};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, Gamma, Geometric, Poisson, StandardNormal};
use rand_pcg::Pcg64Mcg;

use super::drgs::Ladder;
use super::model::{self, group};
use super::units::{OSLO, OSLO_SHARES, Unit};
use super::{Person, World, year_days};
use crate::schema::{Contact, Contacts, Event, MISSING, Other, mixed};

/// Earliest admission of a somatic hospital stay, in days before the year.
const BEFORE: i32 = 60;

/// Days to draw from, each repeated by its weight. Planned care is rare at weekends and 40 % lower in July;
/// acute care is 20 % lower at weekends.
pub(crate) struct Calendar {
    planned: Vec<Day>,
    acute: Vec<Day>,
    first: Day,
    last: Day,
}

impl Calendar {
    pub(crate) fn of(year: i16) -> Calendar {
        let (first, last) = year_days(year);
        let (mut planned, mut acute) = (Vec::new(), Vec::new());
        for number in first.number()..=last.number() {
            let day = Day::from_number(number);
            let weekend = day.weekday() >= 5;
            let july = day.month().number() == 7;
            let times = |weekday, end| if weekend { end } else { weekday };
            let less = |count: usize| if july { count * 6 / 10 } else { count };
            planned.extend(std::iter::repeat_n(day, less(times(20, 2))));
            acute.extend(std::iter::repeat_n(day, times(20, 16)));
        }
        Calendar { planned, acute, first, last }
    }
}

/// Made-up codes of diagnoses, procedures and fees.
pub(crate) struct Words {
    diagnoses: Vec<String>,
    procedures: Vec<String>,
    tariffs: Vec<String>,
}

impl Words {
    pub(crate) fn new() -> Words {
        let letters = "ABCDEFGHIJKLMNR";
        let mut diagnoses = Vec::new();
        for letter in letters.chars() {
            diagnoses.extend((0..60).map(|number| format!("{letter}{number:02}")));
        }
        let procedures = (0..400).map(|number| format!("SYN{number:03}")).collect();
        let tariffs = (0..60).map(|number| format!("{}", 100 + number)).collect();
        Words { diagnoses, procedures, tariffs }
    }
}

const DEPARTMENTS: [&str; 10] = [
    "indremedisin",
    "kirurgi",
    "ortopedi",
    "barn",
    "kvinneklinikk",
    "nevrologi",
    "lunge",
    "hjerte",
    "geriatri",
    "onkologi",
];
const REASONS: [&str; 5] = ["utredning", "behandling", "kontroll", "ulykke", "forverring"];

/// Kind of a hospital stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    Medical,
    Surgical,
    Birth,
    Caesarean,
    Newborn,
}

/// A person, with the person's random stream and the properties drawn from it.
struct Life<'a> {
    world: &'a World,
    person: &'a Person<'a>,
    random: Pcg64Mcg,
    sex: Sex,
    frailty: f64,
    area: u8,
    local: usize,
    municipality_of_stay: &'a str,
    next: i64,
    out: &'a mut Contacts,
}

/// Draws a person's contacts in the year, and appends them to `out`.
pub(crate) fn live(world: &World, person: &Person, out: &mut Contacts) {
    let key = mixed(world.seed ^ mixed(person.number.wrapping_add(0x9e37_79b9_7f4a_7c15)));
    let mut random = Pcg64Mcg::new(u128::from(key) << 64 | u128::from(mixed(key ^ world.seed)) | 1);
    let sex = if random.random::<f64>() < world.men(person.age) { Sex::Man } else { Sex::Woman };
    let frailty = gamma(&mut random, model::FRAILTY_SHAPE);
    let (area, local) = catchment(world, person, &mut random);
    let elsewhere = (18..=34).contains(&person.age) && random.random::<f64>() < 0.04;
    let homes = &world.population.municipalities;
    let municipality_of_stay = match elsewhere && !person.visitor {
        true => homes[random.random_range(0..homes.len() - 1)].municipality.as_str(),
        false => person.home.municipality.as_str(),
    };
    let next = person.number as i64 * 4096 + 1;
    let mut life = Life { world, person, random, sex, frailty, area, local, municipality_of_stay, next, out };
    life.admissions();
    life.visits();
    if !person.visitor {
        life.other_sectors();
    }
}

fn gamma(random: &mut impl Rng, shape: f64) -> f64 {
    Gamma::new(shape, 1.0 / shape).map_or(1.0, |gamma| gamma.sample(random))
}

fn poisson(random: &mut impl Rng, mean: f64) -> u32 {
    // A Poisson distribution needs a mean above zero.
    if mean <= 0.0 {
        return 0;
    }
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(random) as u32)
}

/// A geometric number of at least 1, with the given mean; 401 at most.
fn at_least_one(random: &mut impl Rng, mean: f64) -> i32 {
    let chance = 1.0 / mean.max(1.0);
    1 + Geometric::new(chance).map_or(0, |geometric| geometric.sample(random)).min(400) as i32
}

/// Trust area and local hospital of a person. In Oslo, which several trusts share, the area is drawn.
fn catchment(world: &World, person: &Person, random: &mut impl Rng) -> (u8, usize) {
    let mut area = person.home.trust_area;
    let mut place = world.local[person.home_place];
    if area == OSLO {
        let mut draw = random.random_range(0..100);
        for (known, share) in OSLO_SHARES {
            area = *known;
            if draw < *share {
                break;
            }
            draw -= share;
        }
        // Within a trust in Oslo, the person's number decides the hospital.
        place = (mixed(person.number) % 100) as usize;
    }
    let hospitals = world.units.hospitals_of(area);
    (area, hospitals.get(place % hospitals.len().max(1)).copied().unwrap_or(0))
}

impl<'a> Life<'a> {
    fn chance(&mut self, chance: f64) -> bool {
        self.random.random::<f64>() < chance
    }

    /// How much more than usual patients wait for the person's municipality.
    fn skew(&self) -> f64 {
        self.world.skew.get(self.person.home_place).copied().unwrap_or(1.0)
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.random.random_range(0..list.len())]
    }

    /// Nights of a stay: at least one, about `mean` on average, and many for a few patients.
    fn nights(&mut self, mean: f64) -> i32 {
        let extra = gamma(&mut self.random, 0.85) * (mean - 1.0).max(0.05);
        1 + poisson(&mut self.random, extra) as i32
    }

    /// A number from a log-normal distribution, in the unit of its mean (points, or kroner of a fee). `sigma` is the
    /// standard deviation of the number's logarithm.
    fn spread(&mut self, mean: f64, sigma: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.random);
        mean * (sigma * normal - sigma * sigma / 2.0).exp()
    }

    fn admissions(&mut self) {
        let age = self.person.age;
        let (first, last) = (self.world.calendar.first, self.world.calendar.last);
        let window = f64::from(last.number() - first.number() + 1 + BEFORE) / 365.25;
        let part = if self.person.visitor { 0.35 } else { 1.0 };
        let mixed_frailty = 1.0 - model::FRAILTY_IN_STAYS + model::FRAILTY_IN_STAYS * self.frailty;
        let often = part * window * mixed_frailty * self.world.model.of_area(self.area);
        let sex_factor = match self.sex {
            Sex::Man if age >= 50 => 1.08,
            Sex::Woman if age >= 50 => 0.93,
            Sex::Man | Sex::Woman | Sex::Unknown => 1.0,
        };
        for _ in 0..poisson(&mut self.random, self.world.model.medical[age] * often * sex_factor) {
            self.course(Stay::Medical);
        }
        for _ in 0..poisson(&mut self.random, self.world.model.surgical[age] * often) {
            self.course(Stay::Surgical);
        }
        if self.sex == Sex::Woman && self.chance(self.world.model.birth[age] * window * part) {
            let stay = if self.chance(model::CAESAREAN) { Stay::Caesarean } else { Stay::Birth };
            self.course(stay);
        }
        if age == 0 && self.chance(self.world.model.newborn * window * part) {
            self.course(Stay::Newborn);
        }
    }

    /// Draws an admission, and the readmissions that follow from it.
    fn course(&mut self, mut stay: Stay) {
        let mut acute = match stay {
            Stay::Medical => self.chance(model::ACUTE[0]),
            Stay::Surgical => self.chance(model::ACUTE[1]),
            Stay::Birth | Stay::Newborn => true,
            Stay::Caesarean => self.chance(0.6),
        };
        let mut day = self.day(acute);
        // The patients who are in hospital at New Year come from admissions before the year.
        let span = self.world.calendar.last.number() - self.world.calendar.first.number() + 1 + BEFORE;
        if self.chance(f64::from(BEFORE) / f64::from(span)) {
            day = self.world.calendar.first.plus(-1 - self.random.random_range(0..BEFORE));
        }
        for _ in 0..6 {
            let discharged = self.stay(stay, acute, day);
            let surgical = matches!(stay, Stay::Surgical | Stay::Caesarean);
            let follows = match stay {
                Stay::Newborn | Stay::Birth => 0.02,
                Stay::Medical | Stay::Surgical | Stay::Caesarean => {
                    model::again(self.person.age, self.sex, surgical)
                }
            };
            if !self.chance(follows) {
                return;
            }
            let gap: f64 = Exp1.sample(&mut self.random);
            day = discharged.plus(1 + (gap * 11.0).min(29.0) as i32);
            stay = if self.chance(0.87) { Stay::Medical } else { Stay::Surgical };
            acute = true;
        }
    }

    fn day(&mut self, acute: bool) -> Day {
        let days = if acute { &self.world.calendar.acute } else { &self.world.calendar.planned };
        days[self.random.random_range(0..days.len())]
    }

    /// Draws one hospital stay and returns its day of discharge. The stay is written if it ends within the
    /// year.
    fn stay(&mut self, stay: Stay, acute: bool, day: Day) -> Day {
        let world = self.world;
        let age = self.person.age;
        let place = group(age);
        let (ladder, nights, points, sigma): (&Ladder, f64, f64, f64) = match stay {
            Stay::Medical => {
                (&world.drgs.medical, world.model.nights[place][0], world.model.points[place][0], 0.62)
            }
            Stay::Surgical => {
                (&world.drgs.surgical, world.model.nights[place][1], world.model.points[place][1], 0.62)
            }
            Stay::Birth => (&world.drgs.birth, 3.3 * world.model.night_scale, 0.55, 0.15),
            Stay::Caesarean => (&world.drgs.caesarean, 4.7 * world.model.night_scale, 1.15, 0.12),
            Stay::Newborn => (&world.drgs.newborn, 3.9 * world.model.night_scale, 0.8, 1.15),
        };
        let nights = self.nights(nights);
        let points = self.spread(points, sigma) * (0.88 + 0.03 * f64::from(nights)).min(2.0);
        let hour = if acute { self.random.random_range(0..24) } else { 8 + self.random.random_range(0..4) };
        let admitted =
            Minute::from_number(day.start().number() + hour * 60 + self.random.random_range(0..60));
        let (events, waited) = match stay {
            Stay::Medical | Stay::Surgical => self.readiness(admitted, day.plus(nights)),
            Stay::Birth | Stay::Caesarean | Stay::Newborn => (Vec::new(), 0),
        };
        let out_day = day.plus(nights + waited);
        let minute = 9 * 60 + self.random.random_range(0..8 * 60);
        let discharged = Minute::from_number(out_day.start().number() + minute);
        let unit = self.hospital(matches!(stay, Stay::Surgical) && !acute);
        if out_day < world.calendar.first || out_day > world.calendar.last {
            return out_day;
        }
        let spell = Spell { stay, acute, admitted, discharged, unit, events };
        self.write_stay(&spell, ladder, points);
        out_day
    }

    /// Draws a hospital: most often a public one near the person, sometimes one further away. Where
    /// `may_be_private` is set, one in ten is private.
    fn hospital(&mut self, may_be_private: bool) -> usize {
        let world = self.world;
        let draw: f64 = self.random.random();
        if may_be_private && self.chance(0.10) {
            return self.pick(&world.units.private);
        }
        let [local, trust, university] = world.hospital_shares[self.person.home_place];
        match draw {
            _ if draw < local => self.local,
            _ if draw < local + trust => self.pick(world.units.hospitals_of(self.area)),
            _ if draw < local + trust + university => world.units.university_of(&self.person.home.region),
            _ => {
                let all = &world.units.hospitals;
                let (_, places) = &all[self.random.random_range(0..all.len())];
                places[self.random.random_range(0..places.len())]
            }
        }
    }

    /// Readiness events of the hospital and the municipality, and the number of days by which they prolong the
    /// stay.
    fn readiness(&mut self, admitted: Minute, ready_on: Day) -> (Vec<Event>, i32) {
        if self.person.visitor
            || !self.chance(model::reported_ready(self.person.age) * self.world.model.reported)
        {
            return (Vec::new(), 0);
        }
        let at = |day: Day, hour: i64| Minute::from_number(day.start().number() + hour * 60);
        let mut events = Vec::new();
        let mut add = |kind, at| events.push(Event { at, kind });
        let (mut ready_on, mut withdrawn) = (ready_on, false);
        if !self.chance(0.01) {
            let hours = self.random.random_range(1..23);
            add(EventKind::AdmissionNotice, admitted.plus_hours(hours));
        }
        if self.chance(0.015) {
            // A patient who falls ill again is ready, then not, and ready once more three days later.
            add(EventKind::Ready, at(ready_on, 9));
            add(EventKind::ReadinessNotice, at(ready_on, 10));
            add(EventKind::Withdrawn, at(ready_on, 22));
            ready_on = ready_on.plus(3);
            withdrawn = true;
        }
        add(EventKind::Ready, at(ready_on, 10));
        add(EventKind::ReadinessNotice, at(ready_on, 11));
        let tertial = ((ready_on.month().number() - 1) / 4) as usize;
        let (chance, days) = model::WAIT;
        let (often, long) = self.world.model.waiting[tertial.min(2)];
        let slow = if self.world.slow == Some(self.person.home_place) { model::SLOW } else { 1.0 };
        let waits = self.chance(chance * often * slow * self.skew());
        let later = if withdrawn { 3 } else { 0 };
        if !waits {
            add(EventKind::CanReceive, at(ready_on, 12));
            return (events, later);
        }
        let wait = at_least_one(&mut self.random, days * long * slow);
        match self.random.random_range(0..20) {
            0 => {} // The municipality does not say that it cannot receive the patient.
            1 | 2 => add(EventKind::CannotReceive, at(ready_on.next(), 9)),
            _ => add(EventKind::CannotReceive, at(ready_on, 14)),
        }
        add(EventKind::CanReceive, at(ready_on.plus(wait), 8));
        (events, wait + later)
    }

    fn write_stay(&mut self, spell: &Spell, ladder: &Ladder, points: f64) {
        // A patient who is ready for discharge is not moved within the hospital.
        let ready = spell.events.iter().find(|event| event.kind == EventKind::Ready).map(|event| event.at);
        let nights = ready.unwrap_or(spell.discharged).day().number() - spell.admitted.day().number();
        let two = nights >= 2
            && matches!(spell.stay, Stay::Medical | Stay::Surgical)
            && self.chance(model::TWO_EPISODES);
        let stay_id = self.next;
        if !two {
            self.episode(spell, spell.admitted, spell.discharged, stay_id, ladder, points, &spell.events);
            return;
        }
        let share = 0.3 + 0.4 * self.random.random::<f64>();
        let moved = spell.admitted.day().plus(std::cmp::max(1, (f64::from(nights) * share) as i32));
        let moved = Minute::from_number(moved.start().number() + 12 * 60);
        self.episode(spell, spell.admitted, moved, stay_id, ladder, points * share, &[]);
        // The readiness events belong to the department that the patient leaves from.
        self.episode(spell, moved, spell.discharged, stay_id, ladder, points * (1.0 - share), &spell.events);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row, named where they are written")]
    fn episode(
        &mut self,
        spell: &Spell,
        from: Minute,
        to: Minute,
        stay_id: i64,
        ladder: &Ladder,
        points: f64,
        events: &[Event],
    ) {
        let world = self.world;
        let has_fallen = spell.acute && matches!(spell.stay, Stay::Surgical) && self.person.age >= 75;
        let fractures = if has_fallen { model::HIP_FRACTURES } else { 0.0 };
        let diagnosis = self.diagnosis(model::HIP_FRACTURE, fractures);
        let diagnosis = self.preventable(spell).unwrap_or(diagnosis);
        let ladder = if diagnosis == model::HIP_FRACTURE { &world.drgs.hip } else { ladder };
        let drg = ladder.nearest(points * 1000.0);
        let unit = &world.units.all[spell.unit];
        // Corrected points are the points drawn; the weight is that of the nearest DRG.
        let corrected = (points * 1000.0).round().clamp(5.0, 90_000.0) as i32;
        let surgical = drg.drg_type == DrgType::Surgical;
        let procedure = if surgical { self.procedure() } else { "" };
        let bed_days = to.day().number() - from.day().number();
        let old = self.person.age >= 67;
        let home = self.chance(if old { 0.7 } else { 0.95 });
        let department = DEPARTMENTS[self.random.random_range(0..DEPARTMENTS.len())];
        let ability = old.then(|| self.random.random_range(1..=5));
        let other = Other {
            extract_key: "",
            department,
            referral_reason: REASONS[self.random.random_range(0..REASONS.len())],
            referred_on: (!spell.acute).then(|| from.day().plus(-self.random.random_range(7..150))),
            deadline_on: (!spell.acute).then(|| from.day().plus(self.random.random_range(-5..60))),
            right_to_care: !spell.acute,
            referred_from: if spell.acute { "legevakt" } else { "fastlege" },
            referred_to: if home { "hjem" } else { "sykehjem" },
            formality: "",
            diagnoses: diagnosis,
            procedures: procedure,
            tariff_codes: "",
            medicine: "",
            functional_ability: ability,
            nationality: if self.person.visitor { "annen" } else { "norsk" },
            contact_form: "",
        };
        let row = Row {
            unit,
            sector: Sector::Somatic,
            care_level: CareLevel::Overnight,
            service: Service::Ordinary,
            acute: spell.acute,
            from,
            to,
            stay_id,
            drg: &drg.code,
            drg_type: drg.drg_type,
            mdc: drg.mdc,
            weight_milli: drg.weight_milli,
            points_milli: corrected,
            bed_days,
            costly_medicine: false,
            fee_ore: 0,
            events,
            other,
        };
        self.push(&row);
    }

    /// Draws a diagnosis: `code` with a probability. Every call draws exactly one number, whatever the probability.
    fn diagnosis(&mut self, code: &'static str, probability: f64) -> &'a str {
        let codes = &self.world.words.diagnoses;
        let drawn = self.random.random_range(0..codes.len());
        if (drawn as f64) < probability * codes.len() as f64 { code } else { &codes[drawn] }
    }

    /// A main diagnosis that good primary care can prevent, for some acute medical stays of adults today.
    fn preventable(&mut self, spell: &Spell) -> Option<&'static str> {
        let share = self.world.model.today.as_ref()?.preventable;
        let may_be = spell.acute && matches!(spell.stay, Stay::Medical) && self.person.age >= 18;
        (may_be && self.chance(share)).then(|| self.pick(&model::PREVENTABLE))
    }

    /// Who referred a patient to a visit, and the form of the visit. Today alone they differ.
    fn referred_and_met(&mut self, care_level: CareLevel) -> (&'static str, &'static str) {
        let Some(today) = &self.world.model.today else { return ("fastlege", "") };
        let (mut draw, form): (f64, f64) = (self.random.random(), self.random.random());
        let referrer = today.referrers.iter().find(|(_, share)| {
            draw -= share;
            draw < 0.0
        });
        let [telephone, video] = today.by_distance;
        let form = match care_level {
            CareLevel::Outpatient if form < telephone => "telephone",
            CareLevel::Outpatient if form < telephone + video => "video",
            _ => "frammøte",
        };
        (referrer.map_or("fastlege", |(word, _)| word), form)
    }

    fn procedure(&mut self) -> &'a str {
        let world = self.world;
        &world.words.procedures[self.random.random_range(0..world.words.procedures.len())]
    }

    /// Draws day treatment, outpatient courses, and courses with contract specialists.
    fn visits(&mut self) {
        let world = self.world;
        let age = self.person.age;
        let part = if self.person.visitor { 0.25 } else { 1.0 };
        let often = self.frailty * part;
        let women = if self.sex == Sex::Woman && (18..=49).contains(&age) { 1.2 } else { 0.98 };
        for _ in 0..poisson(&mut self.random, world.model.day[age] * often) {
            let surgical = self.chance(0.70);
            let unit = self.hospital(surgical);
            let day = self.day(false);
            let (ladder, mean) =
                if surgical { (&world.drgs.minor_surgery, 0.35) } else { (&world.drgs.outpatient, 0.145) };
            self.visit(unit, CareLevel::Day, Service::Ordinary, day, ladder, mean, false, 0);
        }
        for _ in 0..poisson(&mut self.random, world.model.outpatient[age] * often * women) {
            self.outpatient_course();
        }
        for _ in 0..poisson(&mut self.random, world.model.specialist[age] * often) {
            let units = world.units.of(UnitKind::ContractSpecialist, self.area);
            let unit = self.pick(units);
            for _ in 0..at_least_one(&mut self.random, model::VISITS_PER_SPECIALIST_COURSE) {
                let day = self.day(false);
                let fee = self.spread(480.0, 0.4) as i32 * 100;
                self.visit(
                    unit,
                    CareLevel::Outpatient,
                    Service::Ordinary,
                    day,
                    &world.drgs.outpatient,
                    0.0,
                    false,
                    fee,
                );
            }
        }
    }

    fn outpatient_course(&mut self) {
        let world = self.world;
        let unit = self.hospital(false);
        let costly = self.chance(0.008);
        let mut day = self.day(false);
        for _ in 0..at_least_one(&mut self.random, model::VISITS_PER_COURSE) {
            let (ladder, mean) = match () {
                () if costly => (&world.drgs.outpatient, 0.25),
                () if self.chance(0.07) => (&world.drgs.minor_surgery, 0.065),
                () => (&world.drgs.outpatient, 0.0345),
            };
            self.visit(unit, CareLevel::Outpatient, Service::Ordinary, day, ladder, mean, costly, 0);
            if self.chance(0.035) {
                let service = if self.chance(0.4) { Service::Laboratory } else { Service::Radiology };
                let fee = if service == Service::Laboratory { 7_000 } else { 23_000 };
                self.visit(
                    unit,
                    CareLevel::Outpatient,
                    service,
                    day,
                    &world.drgs.outpatient,
                    0.0,
                    false,
                    fee,
                );
            }
            let gap: f64 = Exp1.sample(&mut self.random);
            // Follow-up visits are weeks apart. A visit after the end of the year moves to the start of
            // the same year, so that both ends of the year are equally full.
            let span = world.calendar.last.number() - world.calendar.first.number() + 1;
            let later = day.number() - world.calendar.first.number() + 7 * (1 + (gap * 6.0) as i32);
            day = world.calendar.first.plus(later.rem_euclid(span));
            if day.weekday() >= 5 {
                day = day.plus(if day == world.calendar.last { -2 } else { 0 });
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row, named where they are written")]
    fn visit(
        &mut self,
        unit: usize,
        care_level: CareLevel,
        service: Service,
        day: Day,
        ladder: &Ladder,
        mean_points: f64,
        costly_medicine: bool,
        fee_ore: i32,
    ) {
        let points = if mean_points > 0.0 { self.spread(mean_points, 0.55) } else { 0.0 };
        let drg = ladder.nearest(points * 1000.0);
        // A visit that earns no points has no DRG.
        let grouped = mean_points > 0.0;
        let minute = Minute::from_number(day.start().number() + 8 * 60 + self.random.random_range(0..7 * 60));
        let is_medical_day = care_level == CareLevel::Day && drg.drg_type == DrgType::Medical;
        let dialyses = if is_medical_day { model::DIALYSES } else { 0.0 };
        let diagnosis = self.diagnosis(model::DIALYSIS, dialyses);
        let world = self.world;
        let drg =
            if diagnosis == model::DIALYSIS { world.drgs.dialysis.nearest(points * 1000.0) } else { drg };
        let tariff = &world.words.tariffs[self.random.random_range(0..world.words.tariffs.len())];
        let control = self.chance(0.55);
        let (referred_from, contact_form) = self.referred_and_met(care_level);
        let other = Other {
            referral_reason: if control { "kontroll" } else { "utredning" },
            referred_on: (!control).then(|| day.plus(-self.random.random_range(5..120))),
            right_to_care: !control,
            referred_from,
            referred_to: "hjem",
            diagnoses: diagnosis,
            tariff_codes: if fee_ore > 0 { tariff } else { "" },
            medicine: if costly_medicine { "SYN-ATC" } else { "" },
            nationality: if self.person.visitor { "annen" } else { "norsk" },
            contact_form,
            ..Other::default()
        };
        let row = Row {
            unit: &world.units.all[unit],
            sector: Sector::Somatic,
            care_level,
            service,
            acute: false,
            from: minute,
            to: Minute::from_number(minute.number() + 30),
            stay_id: self.next,
            drg: if grouped { &drg.code } else { "" },
            drg_type: if grouped { drg.drg_type } else { DrgType::Unknown },
            mdc: if grouped { drg.mdc } else { MISSING },
            weight_milli: if grouped { drg.weight_milli } else { MISSING },
            points_milli: (points * 1000.0).round() as i32,
            bed_days: 0,
            costly_medicine,
            fee_ore,
            events: &[],
            other,
        };
        self.push(&row);
    }

    /// Draws treatment in mental health, substance use and private rehabilitation.
    fn other_sectors(&mut self) {
        let age = self.person.age;
        let (adult, young) = (UnitKind::AdultPsychiatry, UnitKind::YouthPsychiatry);
        match age {
            0..=17 => {
                if self.chance(0.05) {
                    self.series(young, Sector::MentalHealth, 13.0, 0.02, 15.0);
                }
            }
            _ => {
                let fewer = if age >= 67 { 0.35 } else { 1.0 };
                if self.chance(0.0345 * fewer) {
                    self.series(adult, Sector::MentalHealth, 9.8, 0.455, 23.0);
                }
                if age < 67 && self.chance(0.0068) {
                    self.series(UnitKind::SubstanceUseUnit, Sector::SubstanceUse, 13.0, 0.55, 35.0);
                }
                if self.chance(0.005 + self.frailty * 0.0025) {
                    self.bed_in(UnitKind::PrivateRehabilitation, Sector::Rehabilitation, 19.0, false);
                }
            }
        }
    }

    fn series(&mut self, kind: UnitKind, sector: Sector, visits: f64, stays: f64, nights: f64) {
        let world = self.world;
        let unit = self.pick(world.units.of(kind, self.area));
        for _ in 0..at_least_one(&mut self.random, visits) {
            let day = self.day(false);
            self.plain(unit, sector, CareLevel::Outpatient, day, 0, false, None);
        }
        for _ in 0..poisson(&mut self.random, stays) {
            let acute = self.chance(0.6);
            self.bed_in(kind, sector, nights, acute);
        }
    }

    fn bed_in(&mut self, kind: UnitKind, sector: Sector, nights: f64, acute: bool) {
        let unit = self.pick(self.world.units.of(kind, self.area));
        let nights = self.nights(nights);
        // The day drawn is the day of discharge, so that every stay ends within the year.
        let out = self.day(acute);
        let waited = self.waits_elsewhere(sector, nights);
        self.plain(unit, sector, CareLevel::Overnight, out.plus(-nights), nights, acute, waited);
    }

    /// Nights at the end of a stay in mental health or substance use in which the patient waits for the municipality; `None` if
    /// the patient is not reported ready.
    fn waits_elsewhere(&mut self, sector: Sector, nights: i32) -> Option<i32> {
        let (reported, chance, days) = self.world.model.today.as_ref()?.ready_elsewhere;
        let may_be = matches!(sector, Sector::MentalHealth | Sector::SubstanceUse) && self.person.age >= 18;
        if !may_be || !self.chance(reported) {
            return None;
        }
        let waits = self.chance(chance * self.skew());
        Some(if waits { at_least_one(&mut self.random, days).min(nights - 1) } else { 0 })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row, named where they are written")]
    fn plain(
        &mut self,
        unit: usize,
        sector: Sector,
        care_level: CareLevel,
        day: Day,
        nights: i32,
        acute: bool,
        waited: Option<i32>,
    ) {
        let from = Minute::from_number(day.start().number() + 9 * 60 + self.random.random_range(0..360));
        let to = match nights {
            0 => Minute::from_number(from.number() + 45),
            nights => Minute::from_number(day.plus(nights).start().number() + 13 * 60),
        };
        let mut events = Vec::new();
        if let Some(waited) = waited {
            let at = |day: Day, hour: i64| Minute::from_number(day.start().number() + hour * 60);
            let ready = day.plus(nights - waited);
            events.push(Event { at: from.plus_hours(6), kind: EventKind::AdmissionNotice });
            events.push(Event { at: at(ready, 10), kind: EventKind::Ready });
            events.push(Event { at: at(ready, 11), kind: EventKind::ReadinessNotice });
            if waited > 0 {
                events.push(Event { at: at(ready, 14), kind: EventKind::CannotReceive });
            }
            events.push(Event { at: at(day.plus(nights), 12), kind: EventKind::CanReceive });
        }
        let diagnosis = self.diagnosis(model::DIALYSIS, 0.0);
        let compulsory = sector == Sector::MentalHealth && nights > 0 && acute && self.chance(0.3);
        let other = Other {
            referral_reason: "behandling",
            referred_from: "fastlege",
            referred_to: "hjem",
            formality: if compulsory { "tvang" } else { "frivillig" },
            diagnoses: diagnosis,
            nationality: "norsk",
            contact_form: "",
            ..Other::default()
        };
        let row = Row {
            unit: &self.world.units.all[unit],
            sector,
            care_level,
            service: Service::Ordinary,
            acute,
            from,
            to,
            stay_id: self.next,
            drg: "",
            drg_type: DrgType::Unknown,
            mdc: MISSING,
            weight_milli: MISSING,
            points_milli: 0,
            bed_days: nights,
            costly_medicine: false,
            fee_ore: 0,
            events: &events,
            other,
        };
        self.push(&row);
    }

    fn push(&mut self, row: &Row) {
        let id = self.next;
        self.next += 1;
        // A contact that ended before the year has the codes of its own time.
        let world = self.world;
        let code = |code: &'a str| match world.before.get(code) {
            Some(before) if row.to.day() < world.first => before.as_str(),
            _ => code,
        };
        self.out.push(&Contact {
            contact_id: id,
            source_row: id,
            stay_id: row.stay_id,
            stay_rows: 1,
            person_id: self.person.number as i64 + 1,
            unit: &row.unit.code,
            unit_kind: row.unit.kind,
            trust: &row.unit.trust,
            sector: row.sector,
            care_level: row.care_level,
            service: row.service,
            urgency: if row.acute { Urgency::Acute } else { Urgency::Planned },
            admitted: row.from,
            discharged: row.to,
            municipality_of_registration: code(&self.person.home.municipality),
            municipality_of_stay: code(self.municipality_of_stay),
            resident: !self.person.visitor,
            age: self.person.age as i32,
            sex: self.sex,
            drg: row.drg,
            drg_type: row.drg_type,
            mdc: row.mdc,
            weight_milli: row.weight_milli,
            points_milli: row.points_milli,
            bed_days: row.bed_days,
            costly_medicine: row.costly_medicine,
            fee_ore: row.fee_ore,
            contacts: 1,
            events: row.events,
            other: row.other.clone(),
        });
    }
}

/// A hospital stay that is drawn and about to be written.
struct Spell {
    stay: Stay,
    acute: bool,
    admitted: Minute,
    discharged: Minute,
    unit: usize,
    events: Vec<Event>,
}

/// A contact, without the person it belongs to.
struct Row<'a> {
    unit: &'a Unit,
    sector: Sector,
    care_level: CareLevel,
    service: Service,
    acute: bool,
    from: Minute,
    to: Minute,
    stay_id: i64,
    drg: &'a str,
    drg_type: DrgType,
    mdc: i32,
    weight_milli: i32,
    points_milli: i32,
    bed_days: i32,
    costly_medicine: bool,
    fee_ore: i32,
    events: &'a [Event],
    other: Other<'a>,
}
