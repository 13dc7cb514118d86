//! Single plausible mistakes in every leaf of every rule file: a value one unit off, a date one day off, an item of a list
//! dropped, a neighbour added, two items in the other order, another choice, another party. Each is read and run against the
//! pages of cases of its folder. A mistake that no case notices, and the reader does not refuse, has to stand in
//! [`EQUIVALENT`] with the reason.
//!
//! `SAMSPILL_TEST_SLIPS` sets how many are tried: every one if it is 1, as in `cargo xtask soak`; every tenth if it is not set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "how many are tried is set from outside")]

use domain::{CareLevel, DrgType, Sector, Service, UnitKind, Urgency};
use rulebook::cases::{Report, run_law, run_measure, run_scheme, run_variant};
use rulebook::file::{CHOICES, PAYMENTS};
use rulebook::measure::{Measure, PARTIES};
use rulebook::scheme::Scheme;
use rulebook::{BookError, LawBook, built_in};
use toml::Value;

/// Mistakes that no case can notice, and the reason. A star stands for anything without a dot. A mistake that stands here and is noticed is
/// a fault too.
const EQUIVALENT: &[(&str, &str)] = &[
    (
        "law/activity-based-funding.toml.share[*] and [*] swapped",
        "rows of different days: their order says nothing",
    ),
    (
        "law/activity-based-funding.toml.unit_price[*] and [*] swapped",
        "rows of different days: their order says nothing",
    ),
    (
        "law/discharge-ready-day-rate.toml.rate[*] and [*] swapped",
        "rows of different days: their order says nothing",
    ),
    (
        "law/discharge-ready-day-rate.toml.covers[*] and [*] swapped",
        "rows of different days: their order says nothing",
    ),
    ("scheme/settlement.toml.term[*] and [*] swapped", "rows of different days: their order says nothing"),
    (
        "law/*.toml.choice[*] and [*] swapped",
        "rows of different choices, flows or conditions: their order says nothing",
    ),
    (
        "scheme/settlement.toml.mode[*] and [*] swapped",
        "rows of different choices, flows or conditions: their order says nothing",
    ),
    (
        "scheme/settlement.toml.flow[*] and [*] swapped",
        "rows of different choices, flows or conditions: their order says nothing",
    ),
    (
        "scheme/settlement.toml.account[*] and [*] swapped",
        "rows of different choices, flows or conditions: their order says nothing",
    ),
    (
        "variants/*.toml.add.tariff[*] and [*] swapped",
        "rows of different choices, flows or conditions: their order says nothing",
    ),
    ("law/*.toml.covers[*].care_levels[*] and [*] swapped", "a set: its order says nothing"),
    ("law/*.toml.covers[*].unit_kinds[*] and [*] swapped", "a set: its order says nothing"),
    ("law/*.toml.covers[*].sectors[*] and [*] swapped", "a set: its order says nothing"),
    ("law/*.toml.covers[*].notified_sectors[*] and [*] swapped", "a set: its order says nothing"),
    ("law/*.toml.outside[*].when.drgs[*] and [*] swapped", "a set: its order says nothing"),
    ("variants/*.toml.set.*[*] and [*] swapped", "a set: its order says nothing"),
    ("variants/*.toml.remove.outside[*] and [*] swapped", "a set: its order says nothing"),
    ("variants/*.toml.add.tariff[*].when.services[*] and [*] swapped", "a set: its order says nothing"),
    ("measures/*.toml.target.when.*[*] and [*] swapped", "a set: its order says nothing"),
    ("law/activity-based-funding.toml.outside[2] and [3] swapped", "no contact is in both groups"),
    ("law/co-financing.toml.outside[2] and [3] swapped", "no contact is in both groups"),
    ("law/co-financing.toml.outside[5] and [6] swapped", "no contact is in both groups"),
    ("law/co-financing.toml.outside[7] and [8] swapped", "no contact is in both groups"),
    ("law/activity-based-funding.toml.choice[*].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.covers[0].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.lowered_by[0].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.outside[*].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.payment[0].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.share[0].from = 2010-12-31", "the rule is not in force that day"),
    ("law/activity-based-funding.toml.unit_price[0].from = 2010-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.ceiling[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.choice[*].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.covers[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.outside[*].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.payment[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.share[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.unit_price[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/co-financing.toml.ceiling[0].to = 2015-01-01", "the rule is not in force that day"),
    ("law/co-financing.toml.choice[*].to = 2015-01-01", "the rule is not in force that day"),
    ("law/co-financing.toml.covers[0].to = 2015-01-01", "the rule is not in force that day"),
    ("law/co-financing.toml.outside[*].to = 2015-01-01", "the rule is not in force that day"),
    ("law/co-financing.toml.payment[0].to = 2015-01-01", "the rule is not in force that day"),
    ("law/co-financing.toml.share[0].to = 2015-01-01", "the rule is not in force that day"),
    ("law/discharge-ready-day-rate.toml.choice[*].from = 2011-12-31", "the rule is not in force that day"),
    ("law/discharge-ready-day-rate.toml.covers[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/discharge-ready-day-rate.toml.payment[0].from = 2011-12-31", "the rule is not in force that day"),
    ("law/discharge-ready-day-rate.toml.rate[0].from = 2011-12-31", "the rule is not in force that day"),
    (
        "law/discharge-ready-day-rate.toml.in_force[0].from = 2011-12-31",
        "in force with nothing else that holds that day: no day is paid for",
    ),
    (
        "law/activity-based-funding.toml.choice[*] dropped",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/activity-based-funding.toml.choice[*].from = 2011-01-02",
        "a file that does not state the choice is read this way",
    ),
    ("law/co-financing.toml.choice[*] dropped", "a file that does not state the choice is read this way"),
    (
        "law/co-financing.toml.choice[*].from = 2012-01-02",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/co-financing.toml.choice[*].to = 2014-12-30",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/discharge-ready-day-rate.toml.choice[1] dropped",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/discharge-ready-day-rate.toml.choice[1].from = 2012-01-02",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/discharge-ready-day-rate.toml.choice[4].from = 2012-01-02",
        "a file that does not state the choice is read this way",
    ),
    (
        "law/activity-based-funding.toml.lowered_by[0].from = 2011-01-02",
        "co-financing is not in force that day: nothing lowers",
    ),
    (
        "law/activity-based-funding.toml.share[10].percent = *",
        "the price of a point in 2025 was not found: nothing is priced",
    ),
    (
        "law/activity-based-funding.toml.covers[0].unit_kinds and contract-specialist",
        "the group that leaves them out is told first",
    ),
    (
        "law/co-financing.toml.covers[0].sectors and mental-health",
        "the group that leaves them out is told first",
    ),
    (
        "law/co-financing.toml.covers[0].sectors and substance-use",
        "the group that leaves them out is told first",
    ),
    (
        "law/co-financing.toml.covers[0].unit_kinds and contract-specialist",
        "the group that leaves them out is told first",
    ),
    (
        "law/co-financing.toml.covers[0].unit_kinds and private-rehabilitation",
        "the group that leaves them out is told first",
    ),
    (
        "variants/co-financing-fee-funded.toml.set.unit_kinds and private-rehabilitation",
        "the group that leaves them out is told first",
    ),
    (
        "variants/co-financing-mental-health-substance-use-rehabilitation.toml.set.unit_kinds and contract-specialist",
        "the group that leaves them out is told first",
    ),
    (
        "law/activity-based-funding.toml.outside[3].when.services and laboratory",
        "the other group is told first",
    ),
    ("law/co-financing.toml.outside[3].when.sectors and mental-health", "the other group is told first"),
    (
        "law/co-financing.toml.outside[4].when.unit_kinds and contract-specialist",
        "the other group is told first",
    ),
    ("law/co-financing.toml.outside[6].when.services and laboratory", "the other group is told first"),
    ("law/co-financing.toml.outside[7].when.drgs and 385-390", "within the range that stands there"),
    ("law/co-financing.toml.outside[7].when.drgs and 386-391", "within the range that stands there"),
    ("law/co-financing.toml.outside[8].when.drgs and 370-374", "within the range that stands there"),
    ("law/co-financing.toml.outside[8].when.drgs and 371-375", "within the range that stands there"),
    (
        "measures/digital-home-follow-up.toml.target.diagnoses[0] and [1] swapped",
        "any of them is enough, in whatever order",
    ),
    (
        "measures/digital-home-follow-up.toml.target.diagnoses[1] and [2] swapped",
        "any of them is enough, in whatever order",
    ),
    (
        "measures/digital-home-follow-up.toml.target.diagnoses[2] and [3] swapped",
        "any of them is enough, in whatever order",
    ),
    (
        "law/co-financing.toml.outside[11].when.drg_types and unknown",
        "an unknown type of DRG is unknown, not one of a list",
    ),
    (
        "measures/*.toml.target.when.drg_types and unknown",
        "an unknown type of DRG is unknown, not one of a list",
    ),
    ("law/co-financing.toml.unit_price[0] dropped", "the price that it leans on is the same in 2012"),
    (
        "law/co-financing.toml.unit_price[0].from = 2012-01-02",
        "the price that it leans on is the same in 2012",
    ),
    ("law/co-financing.toml.unit_price[0].to = 2012-12-30", "the price that it leans on is the same in 2012"),
    (
        "law/discharge-ready-day-rate.toml.covers[1].notified_sectors and somatic",
        "somatic care is paid for, and the notice alone is then not looked at",
    ),
    ("variants/*.toml.law_as_of = 2012-01-02", "the law is the same on both days"),
    ("variants/co-financing-as-in-2012.toml.to = 2014-12-30", "the law of 2014 is that of 2012"),
    (
        "variants/*.toml.add.tariff[*].from = 2009-12-31",
        "the price of a point in 2010 was not found: nothing is priced",
    ),
    (
        "variants/*.toml.add.tariff[*].from = 2010-01-02",
        "the price of a point in 2010 was not found: nothing is priced",
    ),
    ("variants/*.toml.add.tariff[*].to = 2015-01-01", "the variant has ended that day"),
    (
        "variants/co-financing-fee-funded.toml.add.tariff[0].when.unit_kinds and adult-psychiatry",
        "the variant leaves such a unit out before it is priced",
    ),
    (
        "variants/co-financing-again.toml.from = 2014-12-31",
        "the law of that day has the same rules and the same price",
    ),
    (
        "variants/discharge-ready-somatic-only.toml.from = 2018-12-31",
        "on that day the other sectors are notified and not paid under the law too",
    ),
    (
        "variants/discharge-ready-somatic-only.toml.from = 2019-01-02",
        "a stay that ends on the first day has no payable day of 2019",
    ),
    (
        "variants/co-financing-fee-funded.toml.add.tariff[0].when.unit_kinds and private-hospital",
        "the variant leaves such a unit out before it is priced",
    ),
    (
        "variants/co-financing-fee-funded.toml.add.tariff[0].when.unit_kinds and private-rehabilitation",
        "the variant leaves such a unit out before it is priced",
    ),
    (
        "variants/co-financing-fee-funded.toml.add.tariff[0].when.unit_kinds and substance-use-unit",
        "the variant leaves such a unit out before it is priced",
    ),
    (
        "variants/co-financing-fee-funded.toml.add.tariff[0].when.unit_kinds and youth-psychiatry",
        "the variant leaves such a unit out before it is priced",
    ),
    (
        "variants/co-financing-mental-health-substance-use-rehabilitation.toml.add.tariff[1].when.sectors and mental-health",
        "the price that stands first is taken",
    ),
    (
        "variants/co-financing-mental-health-substance-use-rehabilitation.toml.add.tariff[2].when.sectors and mental-health",
        "the price that stands first is taken",
    ),
    (
        "variants/co-financing-mental-health-substance-use-rehabilitation.toml.add.tariff[2].when.sectors and substance-use",
        "the price that stands first is taken",
    ),
];

/// Texts that no kroner rest on: titles, descriptions, sources and what is known of them. They are read by people; the sources
/// and how sure each value is stand in `sources.txt`, where a slip in one is seen (`files.rs`).
const TEXTS: &[&str] = &[
    "id",
    "title",
    "about",
    "question",
    "cite",
    "why",
    "what",
    "confidence",
    "source",
    "sources",
    "url",
    "read_on",
    "law",
    "code",
    "function_name",
    "article_name",
    "article_private_name",
];

/// A mistake: the whole file with it, and its name.
struct Slip {
    name: String,
    text: String,
}

/// What may stand instead of a word, by the key that it stands under.
fn others(key: &str, word: &str, beside: &toml::Table) -> Vec<String> {
    let all = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let of_choice = |choice: &str| {
        CHOICES.iter().find(|(key, _)| *key == choice).map_or_else(Vec::new, |(_, all)| all.to_vec())
    };
    let words: Vec<String> = match key {
        "sectors" | "notified_sectors" => Sector::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "care_levels" => CareLevel::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "unit_kinds" => UnitKind::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "services" => Service::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "drg_types" => DrgType::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "urgency" => Urgency::ALL.iter().map(|one| one.word().to_owned()).collect(),
        "liable" => all(&["municipality-of-registration", "municipality-of-stay"]),
        "party" => all(PARTIES),
        "debtor" => PAYMENTS
            .iter()
            .map(|(_, debtor, _)| (*debtor).to_owned())
            .chain(all(&["regional-authority", "trust"]))
            .collect(),
        "creditor" => PAYMENTS
            .iter()
            .map(|(.., creditor)| (*creditor).to_owned())
            .chain(all(&["regional-authority", "municipality", "by-agreement"]))
            .collect(),
        "per" => all(&["once", "year", "inhabitant", "avoided-contact", "avoided-day"]),
        "of" => all(&["contacts", "days"]),
        "on" => all(&["admission", "discharge"]),
        "mode" => all(&["central", "decentral"]),
        "treatment" => all(&["exempt", "standard"]),
        "calculation" => all(&["share-of-drg-price", "day-rate"]),
        "instrument" | "flow" => all(&["KMF", "USK", "ISF", "guest-patient", "shared-task"]),
        "rule" | "unit_price_of" | "departs_from" => {
            all(&["co-financing", "activity-based-funding", "discharge-ready-day-rate"])
        }
        "value" => match beside.get("key").and_then(Value::as_str) {
            Some(choice) => all(&of_choice(choice)),
            None => Vec::new(),
        },
        "key" => CHOICES.iter().map(|(key, _)| (*key).to_owned()).collect(),
        "keys" => all(&["ceiling", "lowered_by", "age"]),
        "outside" => all(&["surgery", "birth", "newborn", "costly-medicine", "laboratory", "radiology"]),
        "tax_code" => all(&["E", "O", "S"]),
        _ => of_choice(key).into_iter().map(str::to_owned).collect(),
    };
    let mut out: Vec<String> = words.into_iter().filter(|other| other != word).collect();
    out.extend(numbers_beside(word));
    out.sort();
    out.dedup();
    out
}

/// A word with one of its numbers one higher or one lower: `385-391`, `915O`, `255`, `2,5`.
fn numbers_beside(word: &str) -> Vec<String> {
    let mut out = Vec::new();
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if end > at {
            let number: i64 = word[at..end].parse().unwrap();
            out.extend(
                [number - 1, number + 1].map(|other| format!("{}{other}{}", &word[..at], &word[end..])),
            );
        }
        at = std::cmp::max(end, at + 1);
    }
    out
}

/// Every mistake in a value: the value with it, and what was done where.
fn mistakes(key: &str, value: &Value, beside: &toml::Table) -> Vec<(Value, String)> {
    match value {
        Value::Integer(number) => {
            [number - 1, number + 1].map(|other| (Value::Integer(other), format!(" = {other}"))).into()
        }
        Value::Boolean(yes) => vec![(Value::Boolean(!yes), format!(" = {}", !yes))],
        Value::Datetime(time) => {
            let day = domain::Day::parse(&time.to_string()).unwrap();
            let other = |days| {
                let text = day.plus(days).to_string();
                (Value::Datetime(text.parse().unwrap()), format!(" = {text}"))
            };
            vec![other(-1), other(1)]
        }
        Value::String(word) => others(key, word, beside)
            .into_iter()
            .map(|other| (Value::String(other.clone()), format!(" = {other}")))
            .collect(),
        Value::Float(_) => Vec::new(),
        Value::Array(items) => in_list(key, items, beside),
        Value::Table(table) => in_table(table),
    }
}

fn in_list(key: &str, items: &[Value], beside: &toml::Table) -> Vec<(Value, String)> {
    let mut out = Vec::new();
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut other = items.to_vec();
        change(&mut other);
        Value::Array(other)
    };
    for (at, item) in items.iter().enumerate() {
        out.push((with(&|all| drop(all.remove(at))), format!("[{at}] dropped")));
        if at > 0 {
            out.push((with(&|all| all.swap(at - 1, at)), format!("[{}] and [{at}] swapped", at - 1)));
        }
        for (other, how) in mistakes(key, item, beside) {
            out.push((with(&|all| all[at] = other.clone()), format!("[{at}]{how}")));
        }
    }
    // A neighbour of words: each of the others.
    for other in items.first().and_then(Value::as_str).map_or_else(Vec::new, |word| others(key, word, beside))
    {
        if !items.contains(&Value::String(other.clone())) {
            out.push((with(&|all| all.push(Value::String(other.clone()))), format!(" and {other}")));
        }
    }
    out
}

fn in_table(table: &toml::Table) -> Vec<(Value, String)> {
    let mut out = Vec::new();
    for (key, value) in table {
        // The code of a tax category is a value; that of a group that is left out is a name.
        let is_tax =
            key == "code" && table.get("code").and_then(Value::as_str).is_some_and(|code| code.len() == 1);
        if TEXTS.contains(&key.as_str()) && !is_tax {
            continue;
        }
        for (other, how) in mistakes(if is_tax { "tax_code" } else { key }, value, table) {
            let mut changed = table.clone();
            changed.insert(key.clone(), other);
            out.push((Value::Table(changed), format!(".{key}{how}")));
        }
    }
    out
}

/// Every mistake in a file.
fn slips(file: &str, text: &str) -> Vec<Slip> {
    let table: toml::Table = text.parse().unwrap();
    let slip = |(value, how): (Value, String)| Slip {
        name: format!("{file}{how}"),
        text: toml::to_string(&value).unwrap(),
    };
    in_table(&table).into_iter().map(slip).collect()
}

/// Whether nothing was noticed: the file was read, and every case came out as written.
fn passed(report: Result<Report, BookError>) -> bool {
    report.is_ok_and(|report| report.failures.is_empty())
}

/// Whether nobody notices a mistake in a rule of law, by the pages of the law.
fn law_passes(file: &str, text: &str) -> bool {
    let files: Vec<(&str, &str)> =
        built_in::LAW.iter().map(|(name, own)| (*name, if *name == file { text } else { *own })).collect();
    passed(run_law(&files, built_in::LAW_CASES))
}

/// A rule file, and whether nobody notices that its text is another.
struct Tried {
    file: &'static str,
    text: &'static str,
    passes: Box<dyn Fn(&str) -> bool>,
}

fn every_file() -> Vec<Tried> {
    let mut out: Vec<Tried> = Vec::new();
    let mut push = |file, text, passes| out.push(Tried { file, text, passes });
    for (file, text) in built_in::LAW {
        push(file, text, Box::new(|other| law_passes(file, other)));
    }
    let law = LawBook::built_in().unwrap();
    for ((file, text), (name, page)) in built_in::VARIANTS.iter().zip(built_in::VARIANT_CASES) {
        let law = law.clone();
        push(file, text, Box::new(move |other| passed(run_variant(law.clone(), (file, other), name, page))));
    }
    for ((file, text), (name, page)) in built_in::MEASURES.iter().zip(built_in::MEASURE_CASES) {
        let run = |other: &str| Ok(run_measure(&Measure::parse(file, other)?, name, page));
        push(file, text, Box::new(move |other| passed(run(other))));
    }
    let ((file, text), (name, page)) = (built_in::SCHEME, built_in::SCHEME_CASES);
    let run = move |other: &str| Ok(run_scheme(&Scheme::parse(file, other)?, name, page));
    push(file, text, Box::new(move |other| passed(run(other))));
    out
}

/// Whether a name is of a pattern, in which a star stands for anything without a dot.
fn is_of(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(before) else { return false };
    let end = rest.find('.').unwrap_or(rest.len());
    (0..=end).any(|at| rest.is_char_boundary(at) && is_of(after, &rest[at..]))
}

#[test]
fn every_mistake_in_a_rule_file_fails_a_case() {
    let step: usize = std::env::var("SAMSPILL_TEST_SLIPS").map_or(10, |step| step.parse().unwrap());
    let (mut tried, mut wrong) = (0, Vec::new());
    let mut used = vec![false; EQUIVALENT.len()];
    for Tried { file, text, passes } in every_file() {
        assert!(passes(text), "{file} as it stands");
        let all = slips(file, text);
        assert!(!all.is_empty(), "{file} has leaves");
        // The same ones each time, and others of each file.
        for slip in all.iter().skip(tried % step).step_by(step) {
            tried += 1;
            let known = EQUIVALENT.iter().position(|(pattern, _)| is_of(pattern, &slip.name));
            known.into_iter().for_each(|place| used[place] = true);
            match (passes(&slip.text), known) {
                (true, None) => wrong.push(format!("no case notices {}", slip.name)),
                (false, Some(_)) => wrong.push(format!("{} is noticed and needs no exception", slip.name)),
                (true, Some(_)) | (false, None) => {}
            }
        }
    }
    println!("{tried} mistakes");
    for ((pattern, _), _) in EQUIVALENT.iter().zip(used).filter(|(_, used)| step == 1 && !used) {
        wrong.push(format!("there is no {pattern}, and it has an exception"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
