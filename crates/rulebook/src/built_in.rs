//! The rule files that come with the program, so that it needs nothing beside itself.
//!
//! `cargo xtask tidy` checks that every file under `rules/` stands here.

// A macro because each file is needed twice (name and text), and a slip between the two would give a
// rule the text of another.
macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$((concat!($folder, "/", $name), include_str!(concat!("../../../rules/", $folder, "/", $name)))),+]
    };
}

/// The law: `law/<rule>.toml` and its text.
pub const LAW: &[(&str, &str)] = files!("law":
    "activity-based-funding.toml",
    "co-financing.toml",
    "discharge-ready-day-rate.toml",
);

/// The cases of the law.
pub const LAW_CASES: &[(&str, &str)] = files!("law":
    "activity-based-funding.cases.md",
    "co-financing.cases.md",
    "discharge-ready-day-rate.cases.md",
);

/// The scheme: how and when a settlement is paid.
pub const SCHEME: (&str, &str) = files!("scheme": "settlement.toml")[0];

/// Its cases.
pub const SCHEME_CASES: (&str, &str) = files!("scheme": "settlement.cases.md")[0];

/// The variants.
pub const VARIANTS: &[(&str, &str)] = files!("variants":
    "co-financing-80-plus-with-outpatient.toml",
    "co-financing-80-plus.toml",
    "co-financing-as-in-2012.toml",
    "co-financing-fee-funded.toml",
    "co-financing-medical-with-outpatient.toml",
    "co-financing-medical.toml",
    "co-financing-mental-health-substance-use-rehabilitation.toml",
    "co-financing-over-80.toml",
    "discharge-ready-3000.toml",
    "discharge-ready-5000.toml",
);

/// The cases of the variants.
pub const VARIANT_CASES: &[(&str, &str)] = files!("variants":
    "co-financing-80-plus-with-outpatient.cases.md",
    "co-financing-80-plus.cases.md",
    "co-financing-as-in-2012.cases.md",
    "co-financing-fee-funded.cases.md",
    "co-financing-medical-with-outpatient.cases.md",
    "co-financing-medical.cases.md",
    "co-financing-mental-health-substance-use-rehabilitation.cases.md",
    "co-financing-over-80.cases.md",
    "discharge-ready-3000.cases.md",
    "discharge-ready-5000.cases.md",
);

/// The variant of an id, as (file name, text).
pub fn variant(id: &str) -> Option<(&'static str, &'static str)> {
    let name = format!("variants/{id}.toml");
    VARIANTS.iter().copied().find(|(file, _)| *file == name)
}
