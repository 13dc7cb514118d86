//! Properties of the law as data: every day is covered, variants stack, and no text makes a reader panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::{Amount, CareLevel, Day, EventKind, Instrument, Minute, Period, Points, Sector, UnitKind};
use proptest::prelude::*;
use rulebook::book::BookError;
use rulebook::built_in::{LAW, VARIANTS};
use rulebook::calculation::day_rate::{assess, total};
use rulebook::file::{RuleFile, VariantFile};
use rulebook::law::{Again, Charged, Law};
use rulebook::{Assessment, Case, Event, InPeriod, LawBook, NoTrace, Scope, Segment, Standing};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// Checks that every day has exactly one segment, and that neighbours have different versions.
fn covers_time<T>(segments: &[Segment<T>], version: impl Fn(&T) -> String) {
    for pair in segments.windows(2) {
        assert_eq!(pair[0].to.next(), pair[1].from, "a day with none, or two");
        if let (Standing::InForce(one), Standing::InForce(other)) = (&pair[0].standing, &pair[1].standing) {
            assert_ne!(version(one), version(other));
        }
    }
    assert_eq!(segments.first().unwrap().from, day("2000-01-01"));
    assert_eq!(segments.last().unwrap().to, day("2050-12-31"));
}

#[test]
fn every_day_has_exactly_one_version() {
    let book = LawBook::built_in().unwrap();
    covers_time(&book.share_rule("co-financing").unwrap(), |rule| rule.version.to_string());
    covers_time(&book.share_rule("activity-based-funding").unwrap(), |rule| rule.version.to_string());
    covers_time(&book.day_rate_rule("discharge-ready-day-rate").unwrap(), |rule| rule.version.to_string());
}

#[test]
fn outside_2012_to_2014_co_financing_is_not_in_force() {
    let book = LawBook::built_in().unwrap();
    for segment in book.share_rule("co-financing").unwrap() {
        let inside = segment.from >= day("2012-01-01") && segment.to <= day("2014-12-31");
        assert_eq!(matches!(segment.standing, Standing::InForce(_)), inside, "{}", segment.from);
    }
}

#[test]
fn next_years_rate_does_not_change_this_years_version() {
    let longer = |name: &str, text: &str| match name.contains("day-rate") {
        false => text.to_owned(),
        true => format!("# a remark\n{}", text.replace("kroner_per_day = 5_981", "kroner_per_day = 6_999")),
    };
    let changed: Vec<(String, String)> =
        LAW.iter().map(|(name, text)| ((*name).to_owned(), longer(name, text))).collect();
    let changed = LawBook::new(changed.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap();
    let versions = |book: &LawBook| -> Vec<(Day, String)> {
        let segments = book.day_rate_rule("discharge-ready-day-rate").unwrap();
        segments
            .iter()
            .filter_map(|segment| Some((segment.from, segment.standing.in_force()?.version.to_string())))
            .collect()
    };
    let (before, after) = (versions(&LawBook::built_in().unwrap()), versions(&changed));
    let differ: Vec<Day> =
        before.iter().zip(&after).filter(|(one, other)| one != other).map(|(one, _)| one.0).collect();
    assert_eq!(differ, [day("2025-01-01")]);
}

#[test]
fn variants_stack_in_any_order_and_two_that_disagree_are_named() {
    let pick = |id: &str| rulebook::built_in::variant(id).unwrap();
    let (medical, days) = (pick("co-financing-medical"), pick("discharge-ready-3000"));
    let rules = |order: [(&'static str, &'static str); 2]| {
        let book = LawBook::built_in().unwrap().with_variants(order).unwrap();
        format!("{:?}", book.share_rule("co-financing").unwrap())
    };
    assert_eq!(rules([medical, days]), rules([days, medical]));
    let both = LawBook::built_in().unwrap().with_variants([days, pick("discharge-ready-5000")]);
    match both.unwrap_err() {
        BookError::Conflict { one, other, key, .. } => {
            assert_eq!(
                (one.as_str(), other.as_str(), key.as_str()),
                ("discharge-ready-3000", "discharge-ready-5000", "kroner_per_day")
            );
        }
        other => assert_eq!(other.to_string(), "a conflict"),
    }
}

fn cost(ready: i64, notified: i64, refused: Option<i64>, place: Option<i64>, departed: i64) -> i64 {
    let book = LawBook::built_in().unwrap();
    let segments = book.day_rate_rule("discharge-ready-day-rate").unwrap();
    let start = day("2015-03-01").start();
    let at = |hours: i64| start.plus_hours(hours);
    let mut events = vec![
        Event { at: start, kind: EventKind::AdmissionNotice },
        Event { at: at(ready), kind: EventKind::Ready },
        Event { at: at(notified), kind: EventKind::ReadinessNotice },
    ];
    events.extend(refused.map(|hours| Event { at: at(notified + hours), kind: EventKind::CannotReceive }));
    events.extend(place.map(|hours| Event { at: at(notified + hours), kind: EventKind::CanReceive }));
    let departed_at: Minute = at(departed);
    let case = Case {
        sector: Sector::Somatic,
        unit_kind: UnitKind::PublicHospital,
        care_level: CareLevel::Overnight,
        admitted_at: start,
        departed_at,
        events: &events,
        trust: "",
        registered_in: "",
        stays_in: "",
    };
    let on = |day: Day| segments.iter().find(|s| s.from <= day && day <= s.to)?.standing.in_force();
    match assess(&case, on, book.agreements(), &mut Vec::new(), &mut NoTrace) {
        Assessment::Nothing { .. } => 0,
        Assessment::Payable(days) => total(&days).unwrap().ore(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn one_more_day_never_costs_less(
        ready in 0i64..200, later in 0i64..48, refused in prop::option::of(0i64..48),
        place in prop::option::of(0i64..200), stay in 0i64..400,
    ) {
        let one = cost(ready, ready + later, refused, place, ready + later + stay);
        let more = cost(ready, ready + later, refused, place, ready + later + stay + 24);
        prop_assert!(more >= one, "{one} then {more}");
        prop_assert_eq!(one % 438_700, 0);
    }

    #[test]
    fn no_rule_text_breaks_the_reader(file in 0usize..13, from in 0usize..6000, length in 0usize..40, put in "[\\[\\]=\"0-9a-z_\n -]{0,12}") {
        let all: Vec<&(&str, &str)> = LAW.iter().chain(VARIANTS).collect();
        let (name, text) = all[file % all.len()];
        let letters: Vec<char> = text.chars().collect();
        let from = from % letters.len();
        let to = std::cmp::min(from + length, letters.len());
        let broken: String = letters[..from].iter().copied().chain(put.chars()).chain(letters[to..].iter().copied()).collect();
        // Reading the text gives a rule or an error, and so does resolving the rule. Neither panics.
        if RuleFile::parse(name, &broken).is_ok() {
            let files = LAW.iter().map(|(known, text)| (*known, if known == name { broken.as_str() } else { *text }));
            if let Ok(book) = LawBook::new(files) {
                let _ = (book.share_rule("co-financing"), book.day_rate_rule("discharge-ready-day-rate"));
            }
        }
        if VariantFile::parse(name, &broken).is_ok() {
            let _ = LawBook::built_in().unwrap().with_variants([(*name, broken.as_str())]).map(|book| book.share_rule("co-financing").is_ok());
        }
    }
}

/// Standing and values of a law in a period come from the days of the period: the first and the last day count,
/// the day after does not.
#[test]
fn a_period_rests_on_what_holds_on_its_days() {
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let period = |text: &str| Period::parse(text).unwrap();
    // Co-financing was in force from 2012 to 2014.
    for (text, is_in_force) in
        [("2011-12", false), ("2012-01", true), ("2014-12", true), ("2015-01", false), ("2011", false)]
    {
        let scope = law.in_period(period(text), &[]);
        assert_eq!(*scope.of(Instrument::CoFinancing) != InPeriod::NotInForce, is_in_force, "{text}");
    }
    let prices = |text: &str| -> Vec<String> {
        let used = law.used(period(text), &law.in_period(period(text), &[])).into_iter();
        let of_days = used.filter(|value| value.file.contains("day-rate") && value.key == "rate");
        of_days.map(|value| value.value).collect()
    };
    assert_eq!(prices("2023"), ["5508"]);
    assert_eq!(prices("2024-01"), ["5745"]);
    assert_eq!(prices("2024"), ["5745"]);
    // A value is listed once, though several segments rest on it.
    let used = law.used(period("2012"), &law.in_period(period("2012"), &[]));
    let mut places: Vec<(&str, usize, &str)> =
        used.iter().map(|value| (value.file.as_str(), value.line, value.key.as_str())).collect();
    let all = places.len();
    places.dedup();
    assert_eq!(places.len(), all);
}

/// Each instrument stands alone: a value that is missing for one leaves the others, except where it is subtracted from
/// another.
#[test]
fn an_instrument_that_cannot_be_priced_leaves_the_others() {
    use Instrument::{CoFinancing, DischargeReady, Isf};
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let period = |text: &str| Period::parse(text).unwrap();
    let gap = |scope: &Scope, instrument| match scope.of(instrument) {
        InPeriod::Unpriced(gap) => format!("{} {} {}", gap.file, gap.key, gap.day),
        other => format!("{other:?}"),
    };
    // No price per DRG point was found for 2023, and no share for 2026, for which no rate was found either.
    let scope = law.scope(period("2023"), &[]).unwrap();
    assert_eq!(*scope.of(CoFinancing), InPeriod::NotInForce);
    assert_eq!(*scope.of(DischargeReady), InPeriod::Settled);
    assert_eq!(gap(&scope, Isf), "law/activity-based-funding.toml unit_price 2023-01-01");
    assert_eq!(law.scope(period("2023"), &[DischargeReady]).unwrap().of(Isf), &InPeriod::NotAsked);
    let missing = law.scope(period("2023"), &[Isf]).unwrap_err();
    assert_eq!((missing.key.as_str(), missing.day.to_string().as_str()), ("unit_price", "2023-01-01"));
    let both = law.in_period(period("2026-03"), &[]);
    assert_eq!(gap(&both, DischargeReady), "law/discharge-ready-day-rate.toml rate 2026-03-01");
    assert_eq!(gap(&both, Isf), "law/activity-based-funding.toml share 2026-01-01");
    assert!(law.scope(period("2026-03"), &[]).is_err());
    // What the state pays is less what the municipality pays for the same points, so it is unknown if that is.
    let later = |text: &str| text.replace("[[share]]\nfrom = 2012-01-01", "[[share]]\nfrom = 2013-01-01");
    let files: Vec<(&str, String)> = LAW
        .iter()
        .map(|(name, text)| (*name, if name.contains("co-financing") { later(text) } else { (*text).into() }))
        .collect();
    let book = LawBook::new(files.iter().map(|(name, text)| (*name, text.as_str()))).unwrap();
    let law = Law::of(&book).unwrap();
    let scope = law.scope(period("2012"), &[]).unwrap();
    assert_eq!(gap(&scope, CoFinancing), "law/co-financing.toml share 2012-01-01");
    assert_eq!(gap(&scope, Isf), "law/co-financing.toml share 2012-01-01");
    assert!(scope.has(DischargeReady));
    // What a scope leaves out rests on no values.
    let used = law.used(period("2012"), &scope);
    assert!(used.iter().all(|value| value.file.contains("day-rate")) && !used.is_empty());
    // Co-financing may be left out of what is asked for; ISF rests on it all the same.
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let used = law.used(period("2012"), &law.scope(period("2012"), &[Isf]).unwrap());
    assert!(used.iter().any(|value| value.file.contains("co-financing") && value.key == "share"));
    assert!(used.iter().all(|value| !value.file.contains("day-rate")));
}

/// Amounts of 2012 as they were worked out by hand: 38 209 kr a point, shares of 20 and 40 per cent, 4 000 kr a day.
#[test]
fn a_posted_charge_is_priced_again() {
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let version = |instrument: Instrument| {
        let side = law.share(instrument).unwrap();
        let rule = side.rule(side.on(day("2012-03-01"))).unwrap();
        rule.version.to_string()
    };
    let (kmf, isf) = (version(Instrument::CoFinancing), version(Instrument::Isf));
    let usk = law.usk_on(day("2012-03-01")).unwrap().version.to_string();
    let charged = |instrument, version, milli, days| Charged {
        instrument,
        version,
        points: Points::from_milli(milli),
        days,
        lowered: None,
    };
    let kroner = |ore| Again::Amount(Amount::from_ore(ore));
    let again = |charged: &Charged| law.again(charged).unwrap();
    let (share, of_points, of_days) = (Instrument::CoFinancing, Instrument::Isf, Instrument::DischargeReady);
    assert_eq!(again(&charged(share, &kmf, 1_500, 0)), kroner(1_146_270));
    assert_eq!(again(&charged(share, &kmf, -1_500, 0)), kroner(-1_146_270));
    // 0,031 × 38 209 × 20 % = 236,8958, rounded once.
    assert_eq!(again(&charged(share, &kmf, 31, 0)), kroner(23_690));
    assert_eq!(again(&charged(of_points, &isf, 1_500, 0)), kroner(2_292_540));
    let less = |version| Charged {
        lowered: Some((version, Points::from_milli(1_000))),
        ..charged(of_points, &isf, 1_500, 0)
    };
    assert_eq!(again(&less(&kmf)), kroner(2_292_540 - 764_180));
    // If this law has no such version of the lowering charge, another law may have both.
    assert_eq!(again(&less("co-financing@2012-01-01/0")), Again::NoVersion);
    // No other charge lowers co-financing.
    let other =
        Charged { lowered: Some((&isf, Points::from_milli(1_000))), ..charged(share, &kmf, 1_500, 0) };
    assert_eq!(again(&other), kroner(1_146_270));
    assert_eq!(again(&charged(of_days, &usk, 0, 3)), kroner(1_200_000));
    assert_eq!(again(&charged(of_days, &usk, 0, 0)), kroner(0));
    // A version of another instrument counts as no version. A charge without points comes from a tariff.
    assert_eq!(again(&charged(share, &isf, 1_500, 0)), Again::NoVersion);
    assert_eq!(again(&charged(of_days, &kmf, 0, 3)), Again::NoVersion);
    assert_eq!(again(&charged(share, &kmf, 0, 0)), Again::ByTariff);
    assert_eq!(law.lowered_by(of_points, &isf), Some(share));
    assert_eq!(law.lowered_by(share, &kmf), None);
    assert_eq!(law.lowered_by(of_points, &kmf), None);
    // The fee-funded variant prices by tariffs; the law does not.
    let (file, text) = VARIANTS.iter().find(|(name, _)| name.contains("fee-funded")).unwrap();
    let varied = Law::of(&LawBook::built_in().unwrap().with_variants([(*file, *text)]).unwrap()).unwrap();
    let side = varied.share(share).unwrap();
    let fees = side.rule(side.on(day("2012-03-01"))).unwrap().version.to_string();
    assert!(varied.has_tariffs(share, &fees) && !varied.has_tariffs(share, &kmf));
    assert!(!law.has_tariffs(share, &kmf) && !law.has_tariffs(of_days, &usk));
}
