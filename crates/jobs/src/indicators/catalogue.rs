//! The catalogue of a run's indicators, for programs.

use serde_json::{Value, json};
use words::Language;

use super::Outcome;

/// Version of the form of the catalogue.
const FORM: u32 = 1;

/// The indicators that were asked for: what each is, its version, and at which levels and for which periods the run has
/// figures of it. Words are those of the indicator's file, texts are in three languages; an indicator without figures
/// says what lacks.
pub(super) fn json(outcome: &Outcome) -> Value {
    let (file, digest) = &outcome.vintage;
    let months: Vec<String> = outcome.counts.months.iter().map(ToString::to_string).collect();
    let indicators: Vec<Value> = outcome
        .asked()
        .map(|(place, one)| {
            let figures = outcome.figures[place].as_ref();
            let of_country = figures.map(|_| ["municipality", "country"]).into_iter().flatten();
            let larger = outcome.larger.iter().filter(|larger| larger.figures[place].is_some());
            let flows = outcome.flows.iter().filter(|flows| flows.tells(place)).map(|_| "flows");
            let levels: Vec<&str> = of_country.chain(larger.map(|larger| larger.sheet)).chain(flows).collect();
            let lacks = one.lacking_in(Language::En).or(outcome.counts.lacking_of(place));
            let in_three = |text: &dyn Fn(Language) -> String| {
                json!({ "nb": text(Language::Nb), "nn": text(Language::Nn), "en": text(Language::En) })
            };
            json!({
                "id": one.id,
                "version": one.version,
                "title": in_three(&|language| one.title.of(language).to_owned()),
                "definition": in_three(&|language| one.about_in(language).to_owned()),
                "source": in_three(&|language| one.source_in(language).to_owned()),
                "signed": !one.is_unsigned(),
                "aim": one.aim,
                "kind": one.kind,
                "of": one.of,
                "per": one.per,
                "unit": Outcome::unit(one).english(),
                "levels": levels,
                "lacks": figures.is_none().then_some(lacks),
            })
        })
        .collect();
    json!({
        "form": FORM,
        "program": env!("CARGO_PKG_VERSION"),
        "contacts": { "file": file, "sha256": digest },
        "period": { "from": outcome.period.from().to_string(), "to": outcome.period.to().to_string(), "months": months },
        "indicators": indicators,
    })
}
