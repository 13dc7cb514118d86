//! Rates that the synthetic register is drawn from.
//!
//! Shapes by age follow the published activity of Helse Nord in 2012. Levels are set so that the expected
//! national totals are the published ones (docs/synthetic-register.md lists them, with their sources). A rate here is
//! the mean of a distribution that the contacts of each person are drawn from; no published total is written into the
//! output.

use domain::Sex;

/// Age groups that the levels are stated for.
pub const GROUPS: [std::ops::RangeInclusive<usize>; 5] = [0..=17, 18..=49, 50..=74, 75..=79, 80..=100];

/// Rates and means of one year. A vector has one entry for each age from 0 to 100; an array of five has one
/// entry for each of [`GROUPS`].
pub struct Model {
    /// Medical stays that begin a course, per person and year.
    pub medical: Vec<f64>,
    /// Surgical stays that begin a course, per person and year.
    pub surgical: Vec<f64>,
    /// Births per woman and year.
    pub birth: Vec<f64>,
    /// Stays of newborns per person under one year.
    pub newborn: f64,
    /// Mean nights of a stay before any wait for the municipality: medical, surgical.
    pub nights: [[f64; 2]; 5],
    /// Mean points of a stay: medical, surgical.
    pub points: [[f64; 2]; 5],
    /// Outpatient courses per person and year.
    pub outpatient: Vec<f64>,
    /// Courses with a contract specialist per person and year.
    pub specialist: Vec<f64>,
    /// Day treatments per person and year.
    pub day: Vec<f64>,
    /// Waiting for the municipality, by tertial: factor on the chance of a wait, and factor on its mean days.
    pub waiting: [(f64, f64); 3],
    /// Factor on the nights of births, caesarean sections and newborns.
    pub night_scale: f64,
    /// Factor on the share of stays that are reported ready.
    pub reported: f64,
    /// What a register of today has beside; `None` before [`TODAY`].
    pub today: Option<Today>,
}

/// First year of the model of today: mental health and substance use have patients who wait too, and the payer goes by stay.
pub const TODAY: i16 = 2019;

/// What a register of today has that one of the reform's years lacks. The shares are assumptions, since no published figure was
/// found.
pub struct Today {
    /// Shares of outpatient visits by telephone, and by video.
    pub by_distance: [f64; 2],
    /// Who refers, each with its share of referrals.
    pub referrers: &'static [(&'static str, f64)],
    /// Share of acute medical stays of adults whose main diagnosis good primary care can prevent.
    pub preventable: f64,
    /// Share of adults' stays in mental health and substance use that are reported ready; chance of a wait, and its mean days.
    pub ready_elsewhere: (f64, f64, f64),
    /// Factor on the stays of those who live in a trust area: so that each trust has about as many discharges as published for
    /// 2024 (SSB, table 13942).
    pub by_area: &'static [(u8, f64)],
    /// Shape of the gamma distribution of a municipality's factor on the chance of a wait, whose mean is 1: the smaller, the
    /// more of the days belong to a few municipalities.
    pub skew: f64,
}

/// Main diagnoses that good primary care can prevent, as the indicator has them.
pub const PREVENTABLE: [&str; 6] = ["J449", "J459", "I500", "E119", "I209", "I109"];

const OF_TODAY: Today = Today {
    by_distance: [0.12, 0.04],
    referrers: &[
        ("fastlege", 0.70),
        ("sykehus", 0.15),
        ("avtalespesialist", 0.06),
        ("kommunal tjeneste", 0.05),
        ("selv", 0.04),
    ],
    preventable: 0.10,
    ready_elsewhere: (0.03, 0.4, 9.0),
    by_area: &[
        (1, 1.02),
        (2, 0.95),
        (3, 1.30),
        (4, 0.98),
        (6, 1.02),
        (7, 0.94),
        (8, 1.09),
        (10, 1.12),
        (11, 0.88),
        (12, 1.11),
        (13, 0.94),
        (14, 0.99),
        (15, 0.88),
        (16, 1.10),
        (19, 1.20),
        (20, 0.88),
        (21, 0.96),
        (22, 1.08),
        (23, 1.01),
    ],
    skew: 0.8,
};

/// Stays per person and year by age group, readmissions included and births left out: medical, surgical.
const STAYS: [[f64; 2]; 5] =
    [[0.0411, 0.0059], [0.0609, 0.0242], [0.158, 0.068], [0.37, 0.11], [0.525, 0.13]];
/// Mean nights of a stay by age group, waiting included: medical, surgical.
const NIGHTS: [[f64; 2]; 5] = [[2.6, 2.7], [3.1, 3.9], [4.4, 5.7], [5.0, 6.8], [5.4, 7.3]];
/// Mean points of a stay by age group: medical, surgical.
const POINTS: [[f64; 2]; 5] = [[0.72, 0.95], [0.60, 1.65], [0.835, 2.45], [1.04, 2.75], [1.01, 2.63]];
/// Visits per person and year by age group: outpatient, to contract specialists, day treatment.
const VISITS: [[f64; 3]; 5] = [
    [0.571, 0.137, 0.028],
    [0.998, 0.2, 0.057],
    [1.62, 0.514, 0.0845],
    [2.05, 0.93, 0.083],
    [2.08, 0.93, 0.083],
];

/// Mean number of visits in an outpatient course.
pub const VISITS_PER_COURSE: f64 = 2.9;
/// Mean number of visits in a course with a contract specialist.
pub const VISITS_PER_SPECIALIST_COURSE: f64 = 2.6;
/// Shape of the gamma distribution of frailty, whose mean is 1. The smaller the shape, the more of the care
/// goes to a few persons.
pub const FRAILTY_SHAPE: f64 = 0.49;
/// Part of the rate of admissions that is proportional to frailty, from 0 to 1.
pub const FRAILTY_IN_STAYS: f64 = 0.5;
/// Share of births by caesarean section.
pub const CAESAREAN: f64 = 0.165;
/// Share of stays that are acute: medical, surgical.
pub const ACUTE: [f64; 2] = [0.79, 0.37];
/// Shares of stays by place, for a home municipality of this size: at the local hospital, at any hospital of
/// the trust, at the university hospital of the region. The rest are at any hospital in the country. A small
/// place sends more of its patients further away than a town.
pub fn hospital_shares(inhabitants: u64) -> [f64; 3] {
    match inhabitants {
        80_000.. => [0.96, 0.015, 0.015],
        15_000..=79_999 => [0.69, 0.17, 0.11],
        _ => [0.44, 0.29, 0.20],
    }
}
/// Share of hip fractures among acute surgical stays of persons of 75 years or more. It gives 19 fractures a year per
/// 1 000 persons of that age (Helseatlas for eldre 2013–2015).
pub const HIP_FRACTURES: f64 = 0.372;
/// Diagnosis of a hip fracture: the neck of the femur.
pub const HIP_FRACTURE: &str = "S720";
/// Share of medical day treatments that are dialysis. An assumption: no figure was found.
pub const DIALYSES: f64 = 0.5;
/// Diagnosis of dialysis treatment.
pub const DIALYSIS: &str = "Z491";
/// Share of medical and surgical stays of at least two nights that have two department episodes.
pub const TWO_EPISODES: f64 = 0.07;

/// Chance of an acute readmission within 30 days, beyond what frailty alone gives, by age group: after a
/// medical stay, after a surgical stay.
const AGAIN: [[f64; 2]; 5] = [[0.05, 0.03], [0.105, 0.035], [0.115, 0.045], [0.108, 0.05], [0.096, 0.053]];

/// Chance of an acute readmission within 30 days, beyond what frailty alone gives.
pub fn again(age: usize, sex: Sex, surgical: bool) -> f64 {
    let chance = AGAIN[group(age)][usize::from(surgical)];
    match sex {
        Sex::Man if age >= 80 => chance + 0.05,
        Sex::Man | Sex::Woman | Sex::Unknown => chance,
    }
}

/// Share of medical and surgical stays in which the municipality is told that the patient is ready for discharge.
pub fn reported_ready(age: usize) -> f64 {
    match age {
        80.. => 0.40,
        67..=79 => 0.14,
        18..=66 => 0.022,
        _ => 0.0,
    }
}

/// Waiting for the municipality before 2012: chance that a patient who is reported ready waits, and mean days
/// of a wait.
pub const WAIT: (f64, f64) = (0.385, 4.87);

/// Factor on the chance of a wait, and on its mean days, in the municipality of [`super::Recipe::slow`].
pub const SLOW: f64 = 2.0;

/// Place in [`GROUPS`] of an age in whole years.
pub fn group(age: usize) -> usize {
    GROUPS.iter().position(|group| group.contains(&age)).unwrap_or(4)
}

/// Value at `at` of the line through the knots (x, y). Before the first knot and after the last, the line is
/// level.
fn line(knots: &[(f64, f64)], at: f64) -> f64 {
    for pair in knots.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if at <= x1 {
            return y0 + (y1 - y0) * ((at - x0) / (x1 - x0)).clamp(0.0, 1.0);
        }
    }
    knots.last().map_or(0.0, |knot| knot.1)
}

const MEDICAL_SHAPE: &[(f64, f64)] = &[
    (0.0, 0.13),
    (2.0, 0.06),
    (6.0, 0.03),
    (12.0, 0.025),
    (18.0, 0.045),
    (30.0, 0.05),
    (40.0, 0.058),
    (50.0, 0.09),
    (60.0, 0.135),
    (70.0, 0.22),
    (80.0, 0.44),
    (88.0, 0.56),
    (100.0, 0.58),
];
const SURGICAL_SHAPE: &[(f64, f64)] = &[
    (0.0, 0.01),
    (10.0, 0.004),
    (18.0, 0.012),
    (30.0, 0.02),
    (50.0, 0.04),
    (65.0, 0.075),
    (75.0, 0.11),
    (85.0, 0.135),
    (100.0, 0.12),
];
const VISIT_SHAPE: &[(f64, f64)] = &[
    (0.0, 0.9),
    (3.0, 0.5),
    (17.0, 0.6),
    (25.0, 0.85),
    (45.0, 1.1),
    (60.0, 1.5),
    (72.0, 2.0),
    (80.0, 2.1),
    (90.0, 1.6),
    (100.0, 1.2),
];
const BIRTH_SHAPE: &[(f64, f64)] =
    &[(15.0, 0.0), (20.0, 0.03), (25.0, 0.08), (30.0, 0.125), (34.0, 0.11), (39.0, 0.045), (45.0, 0.0)];

/// Rate at each age from 0 to 100: `shape`, scaled in each age group so that the mean rate of the group's persons is its
/// `level`. `people` is the number of persons by age.
fn levelled(shape: &[(f64, f64)], level: impl Fn(usize) -> f64, people: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; 101];
    for (place, ages) in GROUPS.iter().enumerate() {
        let weight = |age: usize| people.get(age).copied().unwrap_or(0.0);
        let total: f64 = ages.clone().map(weight).sum();
        let mean: f64 =
            ages.clone().map(|age| weight(age) * line(shape, age as f64)).sum::<f64>() / total.max(1.0);
        for age in ages.clone() {
            out[age] = line(shape, age as f64) * level(place) / mean.max(1e-9);
        }
    }
    out
}

impl Model {
    /// Factor on the stays of those who live in a trust area; 1 before [`TODAY`].
    pub fn of_area(&self, area: u8) -> f64 {
        let known = self.today.as_ref().and_then(|today| today.by_area.iter().find(|(one, _)| *one == area));
        known.map_or(1.0, |(_, factor)| *factor)
    }

    /// The model of a year. `people` is the number of persons in the country at each age from 0.
    pub fn of(year: i16, people: &[f64]) -> Model {
        // From 2012 (the coordination reform, `samhandlingsreformen`) there are more and shorter stays, and
        // less waiting for the municipality from the first tertial on.
        let (reform, today) = (year >= 2012, year >= TODAY);
        // Of today: 692 000 discharges and 2,99 million bed days in the trusts of 2024 (SSB, table 13942, without
        // Sunnaas); 154 000 stays reported ready and 71 800 days in 2022, of 3,5 days each (Helsedirektoratet).
        let volume = if today {
            0.725
        } else if reform {
            1.017
        } else {
            1.008
        };
        let night_scale = if today {
            0.954
        } else if reform {
            0.939
        } else {
            0.994
        };
        let reported = if today { 1.865 } else { 1.0 };
        let waiting = match (today, reform) {
            (true, _) => [(0.345, 0.719); 3],
            (false, true) => [(0.637, 0.73), (0.458, 0.59), (0.452, 0.58)],
            (false, false) => [(1.0, 1.0); 3],
        };
        let begun = |place: usize, kind: usize| {
            let [medical, surgical] = STAYS[place];
            let again = AGAIN[place][0] * medical + AGAIN[place][1] * surgical;
            volume * (STAYS[place][kind] - again * if kind == 0 { 0.87 } else { 0.13 })
        };
        let (chance, days) = WAIT;
        let (waits, lasts) = (
            waiting.iter().map(|tertial| tertial.0).sum::<f64>() / 3.0,
            waiting.iter().map(|tertial| tertial.1).sum::<f64>() / 3.0,
        );
        // The published nights include the wait. The mean wait is therefore subtracted from the mean nights,
        // which are drawn without it.
        let waited =
            [0.0, 0.018, 0.072, 0.14, 0.40].map(|ready| ready * reported * chance * waits * days * lasts);
        let mut nights = NIGHTS;
        for (place, pair) in nights.iter_mut().enumerate() {
            for mean in pair.iter_mut() {
                *mean = *mean * night_scale - waited[place];
            }
        }
        Model {
            medical: levelled(MEDICAL_SHAPE, |place| begun(place, 0), people),
            surgical: levelled(SURGICAL_SHAPE, |place| begun(place, 1), people),
            birth: (0..=100).map(|age| line(BIRTH_SHAPE, age as f64) * 0.985 * volume).collect(),
            newborn: 0.955 * volume,
            nights,
            points: POINTS,
            outpatient: levelled(VISIT_SHAPE, |place| VISITS[place][0] / VISITS_PER_COURSE, people),
            specialist: levelled(
                VISIT_SHAPE,
                |place| VISITS[place][1] / VISITS_PER_SPECIALIST_COURSE,
                people,
            ),
            day: levelled(VISIT_SHAPE, |place| VISITS[place][2], people),
            waiting,
            night_scale,
            reported,
            today: today.then_some(OF_TODAY),
        }
    }
}
