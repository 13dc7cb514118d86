//! The rates that the synthetic register is drawn from.
//!
//! Shapes by age follow the published activity of Helse Nord 2012; levels are set so that the expected
//! national sums are the published ones (docs/synthetic-register.md tells which, and from where). Every
//! figure is the mean of a distribution that people are drawn from; no output is copied from a target.

use domain::Sex;

/// Age groups that levels are stated for.
pub const GROUPS: [std::ops::RangeInclusive<usize>; 5] = [0..=17, 18..=49, 50..=74, 75..=79, 80..=100];

/// Rates and means by age group, for one year.
pub struct Model {
    /// Medical stays that begin a course, per person and year, by age.
    pub medical: Vec<f64>,
    /// Surgical stays that begin a course, per person and year, by age.
    pub surgical: Vec<f64>,
    /// Births per woman and year, by age.
    pub birth: Vec<f64>,
    /// Newborn stays per person under one.
    pub newborn: f64,
    /// Mean nights before any waiting, by group: medical, surgical.
    pub nights: [[f64; 2]; 5],
    /// Mean points per stay by group: medical, surgical.
    pub points: [[f64; 2]; 5],
    /// Outpatient courses per person and year, by age.
    pub outpatient: Vec<f64>,
    /// Courses with a contract specialist per person and year, by age.
    pub specialist: Vec<f64>,
    /// Day treatments per person and year, by age.
    pub day: Vec<f64>,
    /// Waiting for the municipality, by tertial: factor on the chance, and on the mean days.
    pub waiting: [(f64, f64); 3],
    /// Scale on the nights of births and newborns.
    pub night_scale: f64,
}

/// Total stays per person and year by group, readmissions included: medical, surgical (without births).
const STAYS: [[f64; 2]; 5] =
    [[0.0411, 0.0059], [0.0609, 0.0242], [0.158, 0.068], [0.37, 0.11], [0.525, 0.13]];
/// Mean nights by group, waiting included: medical, surgical.
const NIGHTS: [[f64; 2]; 5] = [[2.6, 2.7], [3.1, 3.9], [4.4, 5.7], [5.0, 6.8], [5.4, 7.3]];
/// Mean points per stay by group: medical, surgical.
const POINTS: [[f64; 2]; 5] = [[0.72, 0.95], [0.60, 1.65], [0.835, 2.45], [1.04, 2.75], [1.01, 2.63]];
/// Outpatient visits, visits to contract specialists and day treatments per person and year, by group.
const VISITS: [[f64; 3]; 5] = [
    [0.571, 0.137, 0.028],
    [0.998, 0.2, 0.057],
    [1.62, 0.514, 0.0845],
    [2.05, 0.93, 0.083],
    [2.08, 0.93, 0.083],
];

/// Visits in an outpatient course, on average.
pub const VISITS_PER_COURSE: f64 = 2.9;
/// Visits in a course with a contract specialist, on average.
pub const VISITS_PER_SPECIALIST_COURSE: f64 = 2.6;
/// Shape of the gamma distribution of frailty: small means that few use much.
pub const FRAILTY_SHAPE: f64 = 0.49;
/// How much of a person's frailty shows in admissions.
pub const FRAILTY_IN_STAYS: f64 = 0.5;
/// Share of births by caesarean section.
pub const CAESAREAN: f64 = 0.165;
/// Share of medical stays that are acute, and of surgical ones.
pub const ACUTE: [f64; 2] = [0.79, 0.37];
/// Where stays take place, by size of the home municipality: share at the local hospital, at any of the
/// trust's, at the region's university hospital; the rest anywhere. A town has what it needs at home, a
/// small place sends more of its patients further.
pub fn hospital_shares(inhabitants: u64) -> [f64; 3] {
    match inhabitants {
        80_000.. => [0.96, 0.015, 0.015],
        15_000..=79_999 => [0.69, 0.17, 0.11],
        _ => [0.44, 0.29, 0.20],
    }
}
/// Share of acute surgical stays from 75 years that are hip fractures: gives 19 per 1 000 of that age and year (Helseatlas
/// for eldre 2013–2015).
pub const HIP_FRACTURES: f64 = 0.372;
/// Share of stays with two department episodes.
pub const TWO_EPISODES: f64 = 0.07;

/// Chance of being admitted again, beyond what frailty alone gives, by group: after medicine, after surgery.
const AGAIN: [[f64; 2]; 5] = [[0.05, 0.03], [0.105, 0.035], [0.115, 0.045], [0.108, 0.05], [0.096, 0.053]];

/// Chance of an extra readmission within 30 days.
pub fn again(age: usize, sex: Sex, surgical: bool) -> f64 {
    let chance = AGAIN[group(age)][usize::from(surgical)];
    match sex {
        Sex::Man if age >= 80 => chance + 0.05,
        Sex::Man | Sex::Woman | Sex::Unknown => chance,
    }
}

/// Share of stays that end with a report of readiness to the municipality, by age.
pub fn reported_ready(age: usize) -> f64 {
    match age {
        80.. => 0.40,
        67..=79 => 0.14,
        18..=66 => 0.022,
        _ => 0.0,
    }
}

/// Chance that a patient who is ready must wait, and the mean days of those who do, before the reform.
pub const WAIT: (f64, f64) = (0.385, 4.87);

/// The age group of an age.
pub fn group(age: usize) -> usize {
    GROUPS.iter().position(|group| group.contains(&age)).unwrap_or(4)
}

/// A line through points, level outside them.
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

/// A shape by age, lifted in each group to the level stated for the population at hand.
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
    /// The model for a year. `people` are the country's persons by age.
    pub fn of(year: i16, people: &[f64]) -> Model {
        // From 2012 on the stays are more and shorter, and the wait for the municipality falls at once.
        let reform = year >= 2012;
        let volume = if reform { 1.017 } else { 1.008 };
        let night_scale = if reform { 0.939 } else { 0.994 };
        let waiting = match reform {
            true => [(0.637, 0.73), (0.458, 0.59), (0.452, 0.58)],
            false => [(1.0, 1.0); 3],
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
        // Waiting is part of the nights that are published, so it is taken out of those drawn before it.
        let waited = [0.0, 0.018, 0.072, 0.14, 0.40].map(|ready| ready * chance * waits * days * lasts);
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
        }
    }
}
