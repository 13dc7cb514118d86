//! Our commands beside what independent implementations say of the same small cases (`cargo xtask vectors`).

use serde_json::Value;

use super::{folder, path, samspill, text};

fn vectors(name: &str) -> Value {
    let file = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Whether ours is as far from theirs as is allowed, relative to theirs.
fn near(ours: &Value, theirs: &Value, within: f64) -> bool {
    let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    (ours - theirs).abs() <= within * theirs.abs().max(1e-9)
}

fn risk_of(case: &Value) -> Value {
    let severity = folder("vectors").join("severity.csv");
    let rows = case["severity"].as_array().unwrap().iter().map(|row| format!("{},{}\n", row[0], row[1]));
    std::fs::write(&severity, rows.collect::<String>()).unwrap();
    let (rate, shape) = (case["rate"].to_string(), case["shape"].to_string());
    let mut words = vec!["risk", "distribution", "--rate", &rate, "--severity", path(&severity), "--json"];
    if !case["shape"].is_null() {
        words.extend(["--shape", &shape]);
    }
    let output = samspill(&words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

/// Costs lie on whole numbers, and so do ours where a step divides them: quantiles are then the same. Where persons
/// are many a step may not, and a quantile is within one.
#[test]
fn the_risk_of_small_cases_is_what_others_say() {
    let vectors = vectors("risk");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let ours = risk_of(case);
        for (by, found) in case["found"].as_object().unwrap() {
            let within = if by == "aggregate" { 1e-4 } else { 1e-6 };
            for key in ["mean", "standard_deviation"] {
                assert!(near(&ours[key], &found[key], within), "{by} {key}: {} {case}", ours[key]);
            }
            for (level, theirs) in found["value_at_risk"].as_object().unwrap() {
                let at = ours["value_at_risk"][level].as_f64().unwrap();
                let step = ours["step"].as_f64().unwrap();
                let off = (at - theirs.as_f64().unwrap()).abs();
                assert!(off <= if step <= 1.0 { 1e-9 } else { step }, "{by} {level}: {at} {theirs} {case}");
            }
            for (level, theirs) in found["tail_value_at_risk"].as_object().into_iter().flatten() {
                let at = &ours["tail_value_at_risk"][level];
                assert!(near(at, theirs, 1e-5), "{by} tail {level}: {at} {theirs} {case}");
            }
        }
    }
}
