//! The rule files that are built into the program, so that the program needs no files beside itself.
//!
//! Each file is a pair of its name and its text. `cargo xtask tidy` checks that every file under
//! `rules/` stands here.

// A macro, because each file is needed twice (name and text). A slip between the two would give a rule the
// text of another.
macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$((concat!($folder, "/", $name), include_str!(concat!("../../../rules/", $folder, "/", $name)))),+]
    };
}

/// Rules of law: `law/<rule>.toml`.
pub const LAW: &[(&str, &str)] = files!("law":
    "activity-based-funding.toml",
    "co-financing.toml",
    "discharge-ready-day-rate.toml",
);

/// Cases of the law: `law/<rule>.cases.md`.
pub const LAW_CASES: &[(&str, &str)] = files!("law":
    "activity-based-funding.cases.md",
    "co-financing.cases.md",
    "discharge-ready-day-rate.cases.md",
);

/// The settlement scheme: how and when a settlement is paid.
pub const SCHEME: (&str, &str) = files!("scheme": "settlement.toml")[0];

/// Cases of the settlement scheme.
pub const SCHEME_CASES: (&str, &str) = files!("scheme": "settlement.cases.md")[0];

/// Variants: `variants/<id>.toml`.
pub const VARIANTS: &[(&str, &str)] = files!("variants":
    "co-financing-80-plus-with-outpatient.toml",
    "co-financing-80-plus.toml",
    "co-financing-again.toml",
    "co-financing-as-in-2012.toml",
    "co-financing-fee-funded.toml",
    "co-financing-medical-with-outpatient.toml",
    "co-financing-medical.toml",
    "co-financing-mental-health-substance-use-rehabilitation.toml",
    "co-financing-over-80.toml",
    "discharge-ready-3000.toml",
    "discharge-ready-5000.toml",
    "discharge-ready-somatic-only.toml",
);

/// Cases of the variants, in the order of [`VARIANTS`].
pub const VARIANT_CASES: &[(&str, &str)] = files!("variants":
    "co-financing-80-plus-with-outpatient.cases.md",
    "co-financing-80-plus.cases.md",
    "co-financing-again.cases.md",
    "co-financing-as-in-2012.cases.md",
    "co-financing-fee-funded.cases.md",
    "co-financing-medical-with-outpatient.cases.md",
    "co-financing-medical.cases.md",
    "co-financing-mental-health-substance-use-rehabilitation.cases.md",
    "co-financing-over-80.cases.md",
    "discharge-ready-3000.cases.md",
    "discharge-ready-5000.cases.md",
    "discharge-ready-somatic-only.cases.md",
);

/// Measures: `measures/<id>.toml`.
pub const MEASURES: &[(&str, &str)] = files!("measures":
    "accident-prevention.toml",
    "after-care.toml",
    "ambulatory-teams.toml",
    "better-gp-access.toml",
    "chronic-follow-up.toml",
    "digital-home-follow-up.toml",
    "digital-support.toml",
    "emergency-clinic.toml",
    "fall-prevention.toml",
    "fewer-admissions-80-plus.toml",
    "fewer-medical-admissions.toml",
    "fewer-outpatient-controls.toml",
    "fewer-readmissions.toml",
    "home-dialysis.toml",
    "home-ventilation.toml",
    "local-medical-centres.toml",
    "long-term-prevention.toml",
    "medication-review.toml",
    "municipal-acute-beds.toml",
    "no-discharge-ready.toml",
    "return-to-work.toml",
    "self-care.toml",
    "take-over-bed-days.toml",
    "take-over-controls.toml",
);

/// Cases of the measures, in the order of [`MEASURES`].
pub const MEASURE_CASES: &[(&str, &str)] = files!("measures":
    "accident-prevention.cases.md",
    "after-care.cases.md",
    "ambulatory-teams.cases.md",
    "better-gp-access.cases.md",
    "chronic-follow-up.cases.md",
    "digital-home-follow-up.cases.md",
    "digital-support.cases.md",
    "emergency-clinic.cases.md",
    "fall-prevention.cases.md",
    "fewer-admissions-80-plus.cases.md",
    "fewer-medical-admissions.cases.md",
    "fewer-outpatient-controls.cases.md",
    "fewer-readmissions.cases.md",
    "home-dialysis.cases.md",
    "home-ventilation.cases.md",
    "local-medical-centres.cases.md",
    "long-term-prevention.cases.md",
    "medication-review.cases.md",
    "municipal-acute-beds.cases.md",
    "no-discharge-ready.cases.md",
    "return-to-work.cases.md",
    "self-care.cases.md",
    "take-over-bed-days.cases.md",
    "take-over-controls.cases.md",
);

/// File name and text of the variant with an id; `None` if no variant has the id.
pub fn variant(id: &str) -> Option<(&'static str, &'static str)> {
    let name = format!("variants/{id}.toml");
    VARIANTS.iter().copied().find(|(file, _)| *file == name)
}
