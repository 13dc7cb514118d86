//! What a rule file may not say, and how a row of a rule file changes a price. Each fault is one row of a test's table:
//! the built-in law with one plausible mistake, and the sentence that names the mistake.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::{Amount, CareLevel, Day, Instrument, Minute, Points, Sector, Share, UnitKind};
use rulebook::built_in::{LAW, MEASURES, VARIANTS};
use rulebook::calculation::share_of_drg_price::{SHARES, place_of};
use rulebook::law::{Law, charges, used_of_ceiling};
use rulebook::measure::{Measure, percent};
use rulebook::{Case, Event, Facts, LawBook, NoTrace, Quantity, cases};

fn text_of(file: &str) -> &'static str {
    LAW.iter().chain(VARIANTS).find(|(name, _)| *name == file).unwrap().1
}

/// The law, with `from` replaced by `to` wherever it stands in a file.
fn law_with(file: &str, from: &str, to: &str) -> Result<LawBook, String> {
    assert!(text_of(file).contains(from), "{file} has no '{from}'");
    let changed = text_of(file).replace(from, to);
    let files = LAW.iter().map(|(name, text)| (*name, if *name == file { changed.as_str() } else { *text }));
    LawBook::new(files).map_err(|error| error.to_string())
}

const KMF: &str = "law/co-financing.toml";
const ISF: &str = "law/activity-based-funding.toml";
const USK: &str = "law/discharge-ready-day-rate.toml";

#[test]
fn each_mistake_in_a_rule_file_is_named() {
    for (file, from, to, fault) in [
        (KMF, "percent = 20", "percent = 101", "a share of 101 per cent"),
        (KMF, "percent = 20", "percent = -1", "a share of -1 per cent"),
        (KMF, "points_per_stay = 4", "points_per_stay = -4", "ceiling = -4"),
        (
            KMF,
            "kroner_per_point = 38_209",
            "kroner_per_point = 38_209_000",
            "is not between 0 and 10 million",
        ),
        (USK, "kroner_per_day = 4_000", "kroner_per_day = -4_000", "= -4000 is not between 0 and 10 million"),
        (KMF, "when = { resident = false }", "when = { }", "the condition `when` of not-resident is empty"),
        (KMF, "drgs = [\"370-375\"]", "drgs = [\"375-370\"]", "'375-370' is not a range"),
        (
            KMF,
            "source = \"lovtidend\"\ncite = \"FOR-2011-11-18-1115 § 4\"",
            "source = \"nowhere\"",
            "source 'nowhere'",
        ),
        (KMF, "to = 2014-12-31\npercent = 20", "percent = 20", "share: an amount or share needs a last day"),
        (KMF, "to = 2014-12-31\npercent = 20", "to = 2011-12-31\npercent = 20", "the row ends on 2011-12-31"),
        (
            KMF,
            "debtor = \"municipality\"",
            "debtor = \"state\"",
            "expected municipality to regional-authority",
        ),
        (ISF, "debtor = \"state\"", "debtor = \"municipality\"", "expected state to regional-authority"),
        (
            USK,
            "creditor = \"trust-or-institution\"",
            "creditor = \"regional-authority-of-residence\"",
            "is not known",
        ),
        (
            KMF,
            "[[share]]",
            "[[ceiling]]\nfrom = 2012-01-01\nto = 2014-12-31\npoints_per_stay = 5\nconfidence = \"Q\"\nsource = \"lovtidend\"\n\n[[share]]",
            "ceiling: this row and the one on line",
        ),
        (ISF, "rule = \"co-financing\"", "rule = \"activity-based-funding\"", "is priced before this one"),
        (ISF, "rule = \"co-financing\"", "rule = \"discharge-ready-day-rate\"", "is priced before this one"),
        (ISF, "rule = \"co-financing\"", "rule = \"co-finance\"", "there is no rule 'co-finance'"),
        (
            KMF,
            "unit_price_of = \"activity-based-funding\"",
            "unit_price_of = \"isf\"",
            "there is no rule 'isf'",
        ),
    ] {
        let found = law_with(file, from, to).err().unwrap_or_default();
        assert!(found.contains(fault), "{file}: {from} → {to}: {found}");
    }
    // A row may hold for a single day.
    let one_day = law_with(KMF, "to = 2012-12-31\nkroner_per_point", "to = 2012-01-01\nkroner_per_point");
    assert!(one_day.is_ok(), "{one_day:?}");
}

#[test]
fn a_section_that_is_missing_is_named() {
    // The law without one section of one file: every `[[section]]` of this name is left out, up to the next heading.
    let without = |file: &str, section: &str| {
        let mut out = String::new();
        let mut skips = false;
        for line in text_of(file).lines() {
            if line.starts_with('[') {
                skips = line.starts_with(&format!("[[{section}]]"));
            }
            if !skips {
                out += line;
                out += "\n";
            }
        }
        let files = LAW.iter().map(|(name, text)| (*name, if *name == file { out.as_str() } else { *text }));
        LawBook::new(files).map(|_| ()).map_err(|error| error.to_string())
    };
    for (file, sections) in [
        (KMF, &["share", "covers", "payment", "in_force"][..]),
        (USK, &["rate", "covers", "payment", "in_force"]),
    ] {
        for section in sections {
            let found = without(file, section).err().unwrap_or_default();
            assert!(found.contains(&format!("needs a section [[{section}]]")), "{file}: {section}: {found}");
        }
    }
    assert!(without(ISF, "unit_price").is_err());
    // Co-financing takes the price of ISF where it has none of its own.
    assert_eq!(without(KMF, "unit_price"), Ok(()));
}

#[test]
fn a_choice_has_known_readings_and_some_never_change() {
    let changed = law_with(KMF, "value = \"discharge\"", "value = \"birthday\"").err().unwrap_or_default();
    assert!(changed.contains("choice dated_by = 'birthday' is not known"), "{changed}");
    let twice = "[[choice]]\nkey = \"dated_by\"\nvalue = \"admission\"\nfrom = 2015-01-01\nto = 2015-12-31\n\
                 confidence = \"M\"\nsource = \"lovtidend\"\n\n[[choice]]";
    let text = text_of(KMF).replacen("[[choice]]", twice, 1);
    let files = LAW.iter().map(|(name, old)| (*name, if *name == KMF { text.as_str() } else { *old }));
    let found = LawBook::new(files).err().unwrap().to_string();
    assert!(found.contains("choice dated_by must be the same on all days"), "{found}");
}

#[test]
fn a_variant_is_checked_as_a_law_is() {
    let (name, text) = VARIANTS.iter().find(|(name, _)| name.contains("co-financing-80-plus.")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let changed = text.replace(from, to);
        let book = LawBook::built_in().unwrap().with_variants([(*name, changed.as_str())]);
        book.and_then(|book| book.share_rule("co-financing")).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with("[set]", "[set]"), Ok(()));
    // A variant may hold for a single day, but may not end before it begins.
    assert_eq!(with("to = 2014-12-31", "to = 2010-01-01"), Ok(()));
    for (from, to, fault) in [
        ("to = 2014-12-31", "to = 2009-12-31", "before it begins"),
        ("[set]", "[set]\npercent = 101", "a share of 101 per cent"),
        ("[set]", "[set]\nkroner_per_point = -1", "kroner_per_point = -1"),
        ("[set]", "[set]\npoints_per_stay = 10_000_001", "points_per_stay = 10000001"),
        ("outside = [\"surgery\"]", "outside = [\"surgeries\"]", "'surgeries' is not there to be removed"),
        ("keys = [\"ceiling\"]", "keys = [\"share\"]", "'share' is not there to be removed"),
    ] {
        let found = with(from, to).err().unwrap_or_default();
        assert!(found.contains(fault), "{from} → {to}: {found}");
    }
    // A second variant that sets another age for the same rule and days is refused, and the error names the key.
    let other = text.replace("co-financing-80-plus", "other").replace("at_least = 80", "at_least = 67");
    let both = LawBook::built_in().unwrap().with_variants([(*name, *text), ("other.toml", other.as_str())]);
    assert!(both.unwrap_err().to_string().contains("both set age"));
}

#[test]
fn a_version_is_named_and_its_values_say_where_they_stand() {
    let book = LawBook::built_in().unwrap();
    let law = Law::of(&book).unwrap();
    let day = Day::parse("2012-03-01").unwrap();
    let rule = law.share(Instrument::CoFinancing).unwrap();
    let rule = rule.rule(rule.on(day)).unwrap();
    let version = rule.version.to_string();
    assert!(version.starts_with("co-financing@2012-01-01/") && version.len() > 30, "{version}");
    assert_eq!(
        (rule.share.0, rule.unit_price.0),
        (Share::from_basis_points(2000).unwrap(), Amount::from_ore(3_820_900))
    );
    assert!(
        law.share(Instrument::DischargeReady).is_none() && place_of(Instrument::DischargeReady).is_none()
    );
    let outside: Vec<String> = rule.outside.iter().map(|test| test.provenance.value.clone()).collect();
    for wanted in
        ["resident = false", "drgs = 385-391, 915O", "drg_types = surgical", "costly_medicine = true"]
    {
        assert!(outside.iter().any(|value| value == wanted), "{wanted}: {outside:?}");
    }
    assert_eq!(
        rule.covers.value,
        "somatic / overnight, day, outpatient / public-hospital, private-hospital-with-agreement"
    );
    assert_eq!(book.rules().count(), 3);
    let period = domain::Period::parse("2012").unwrap();
    let used = law.used(period, &law.in_period(period, &[]));
    let unsigned = |key: &str| used.iter().find(|value| value.key == key).unwrap().is_unsigned();
    assert!(unsigned("choice dated_by") && !unsigned("share"));
    let own = "[[grace]]\ntrust = \"983974724\"\nmunicipality = \"1201\"\nhours = 24\nfrom = 2012-01-01\nreference = \"x\"\n";
    let with = LawBook::new(LAW.iter().copied().chain([("law/agreements.toml", own)])).unwrap();
    assert_eq!((with.agreements().rows().count(), book.agreements().rows().count()), (1, 0));
}

fn facts() -> Facts<'static> {
    Facts {
        sector: Sector::Somatic,
        unit_kind: UnitKind::PublicHospital,
        care_level: CareLevel::Overnight,
        service: domain::Service::Ordinary,
        drg: Some("127"),
        drg_type: domain::DrgType::Medical,
        costly_medicine: false,
        resident: true,
        age: Some(70),
    }
}

/// Three contacts of one stay, of 3, 2 and 1 points under a ceiling of 4: the second has one point left, the third none.
#[test]
fn a_ceiling_is_used_up_by_what_co_financing_charges() {
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let segments = law.segments(|_| Day::parse("2012-03-01").ok());
    let decisions = law.decide(segments, &facts(), &mut [NoTrace; SHARES.len()]);
    assert!(decisions.iter().all(charges));
    let none = law.decide(segments, &Facts { resident: false, ..facts() }, &mut [NoTrace; SHARES.len()]);
    assert!(!none.iter().any(charges) && !charges(&None));
    let (mut used, mut charged) = (Points::ZERO, Vec::new());
    for points in [3000, 2000, 1000] {
        let quantity = Quantity {
            points: Points::from_milli(points),
            bed_days: 1,
            contacts: 1,
            counted: false,
            fee: Amount::ZERO,
        };
        let prices = law.price(segments, &decisions, &quantity, used, &mut [NoTrace; SHARES.len()]).unwrap();
        used = used + used_of_ceiling(&prices);
        charged.push(prices.map(|priced| priced.unwrap().amount.ore()));
    }
    assert_eq!(used, Points::from_milli(4000));
    // Co-financing is 20 % of three points and of one. ISF is 40 % of all points, less the co-financing of the same
    // points.
    assert_eq!(charged, [[2_292_540, 2_292_540], [764_180, 2_292_540], [0, 1_528_360]]);
}

fn at(text: &str) -> Minute {
    Minute::parse(text).unwrap()
}

fn event(kind: domain::EventKind, text: &str) -> Event {
    Event { at: at(text), kind }
}

/// A somatic overnight stay at a public hospital.
fn stay<'e>(admitted: &str, departed: &str, events: &'e [Event]) -> Case<'e> {
    Case {
        sector: Sector::Somatic,
        unit_kind: UnitKind::PublicHospital,
        care_level: CareLevel::Overnight,
        admitted_at: at(admitted),
        departed_at: at(departed),
        events,
        trust: "",
        registered_in: "",
        stays_in: "",
    }
}

/// Charges are by month and payer; a day is paid once; the sum is rates times days.
#[test]
fn payable_days_come_together_by_month_and_payer() {
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let events = [
        event(domain::EventKind::AdmissionNotice, "2018-12-20T10:00"),
        event(domain::EventKind::Ready, "2018-12-29T09:00"),
        event(domain::EventKind::ReadinessNotice, "2018-12-29T10:00"),
    ];
    let case = stay("2018-12-20T08:00", "2019-01-03T12:00", &events);
    let mut paid = Vec::new();
    let found = law.days(&case, &mut paid, &mut NoTrace).unwrap();
    let shown: Vec<(String, i64, i64)> =
        found.iter().map(|one| (one.month.to_string(), one.days, one.amount.ore())).collect();
    assert_eq!(
        shown.iter().map(|(month, days, _)| (month.as_str(), *days)).collect::<Vec<_>>(),
        [("2018-12", 3), ("2019-01", 2)]
    );
    assert_ne!(found[0].liable, found[1].liable);
    let rate = |text: &str| law.usk_on(Day::parse(text).unwrap()).unwrap().rate.as_ref().unwrap().0.ore();
    assert_eq!((shown[0].2, shown[1].2), (3 * rate("2018-12-31"), 2 * rate("2019-01-01")));
    assert_eq!(paid.len(), 5);
    assert_eq!(law.days(&case, &mut paid, &mut NoTrace), Err("paid-in-stay"));
}

#[test]
fn per_cent_is_read_as_people_write_it() {
    let share = |basis_points| Share::from_basis_points(basis_points);
    for (text, wanted) in [
        ("10 %", share(1000)),
        ("10", share(1000)),
        ("2,5", share(250)),
        ("2.55 %", share(255)),
        ("100", share(10_000)),
        ("0", share(0)),
        ("101", None),
        ("1000", None),
        ("2,555", None),
        ("2,", share(200)),
        (",5", None),
        ("a", None),
        ("1a", None),
        ("2,a", None),
        ("", None),
        ("%", None),
    ] {
        assert_eq!(percent(text), wanted, "{text:?}");
    }
}

#[test]
fn a_measure_reaches_the_ages_it_names_and_the_days_it_is_for() {
    let (name, text) = MEASURES[0];
    let id = name.trim_start_matches("measures/").trim_end_matches(".toml");
    assert_eq!(Measure::built_in(id).unwrap().unwrap().id, id);
    assert!(Measure::built_in("none").is_none());
    let mut measure = Measure::parse(name, text).unwrap();
    (measure.target.at_least, measure.target.below) = (Some(67), Some(80));
    let ages = [66, 67, 79, 80].map(|age| measure.target.holds_age(age));
    assert_eq!(ages, [false, true, true, false]);
    measure.target.of = rulebook::measure::Of::Days;
    assert!(measure.target.reaches_days(Some(70)) && measure.target.reaches_days(None));
    assert!(!measure.target.reaches_days(Some(80)));
    measure.target.of = rulebook::measure::Of::Contacts;
    assert!(!measure.target.reaches_days(Some(70)));
}

/// A wrong case fails on a page of the scheme and on a page of a measure, and a page counts its cases.
#[test]
fn a_page_counts_its_cases_and_a_wrong_one_fails() {
    let scheme = rulebook::scheme::Scheme::built_in().unwrap();
    let (file, page) = rulebook::built_in::SCHEME_CASES;
    let right = cases::run_scheme(&scheme, file, page);
    assert!(right.count > 5 && right.failures.is_empty(), "{:?}", right.failures);
    let wrong = cases::run_scheme(&scheme, file, &page.replace("| 30   |", "| 31   |"));
    assert!(!wrong.failures.is_empty() && wrong.count == right.count);
    assert!(wrong.failures[0].to_string().contains(file), "{}", wrong.failures[0]);
    for ((name, text), (file, page)) in MEASURES.iter().zip(rulebook::built_in::MEASURE_CASES) {
        let measure = Measure::parse(name, text).unwrap();
        let right = cases::run_measure(&measure, file, page);
        assert!(right.count > 0 && right.failures.is_empty());
        let other = Measure::parse(MEASURES[0].0, MEASURES[0].1).unwrap();
        if measure.id != other.id {
            assert!(
                !cases::run_measure(&other, file, page).failures.is_empty(),
                "{file} passes for {}",
                other.id
            );
        }
    }
}

#[test]
fn a_row_of_the_scheme_holds_for_its_flow_on_its_days() {
    let scheme = rulebook::scheme::Scheme::built_in().unwrap();
    let on = |flow: &str, day: &str| scheme.schedule_on(flow, Day::parse(day).unwrap()).is_some();
    assert!(on("KMF", "2012-03-31") && !on("KMF", "2020-03-31") && !on("USK", "2012-03-31"));
}

#[test]
fn a_signature_takes_a_row_of_the_scheme_off_the_list() {
    let mut scheme = rulebook::scheme::Scheme::built_in().unwrap();
    let row =
        scheme.term.iter().find(|row| row.dates.confidence == rulebook::file::Confidence::M).unwrap().clone();
    assert!(row.dates.is_unsigned(&scheme.sources));
    for source in scheme.sources.values_mut() {
        source.signed_off = Some("A. Jurist, 2027-01-01".to_owned());
    }
    assert!(!row.dates.is_unsigned(&scheme.sources));
}

/// The notice of admission counts up to the minute of departure, and the trace says what was looked at.
#[test]
fn a_notice_in_the_minute_of_departure_is_given() {
    let reason_by = |book: LawBook, notice: &str| {
        let law = Law::of(&book).unwrap();
        let events = [event(domain::EventKind::AdmissionNotice, notice)];
        let case = stay("2012-03-01T08:00", "2012-03-05T12:00", &events);
        let mut steps = rulebook::Steps::default();
        let reason = law.days(&case, &mut Vec::new(), &mut steps).unwrap_err();
        (reason, steps.0.len() > 3)
    };
    let reason = |notice| reason_by(LawBook::built_in().unwrap(), notice);
    assert_eq!(reason("2012-03-05T12:00"), ("not-ready-and-notified", true));
    assert_eq!(reason("2012-03-05T12:01"), ("no-admission-notice", true));
    // By the other reading of the rule, the notice must be given within 24 hours of admission.
    let within = |notice| {
        reason_by(law_with(USK, "value = \"given\"", "value = \"given-within-24-hours\"").unwrap(), notice)
    };
    assert_eq!(within("2012-03-02T08:00"), ("not-ready-and-notified", true));
    assert_eq!(within("2012-03-02T08:01"), ("admission-notice-late", true));
}

/// Two months under the same rule are two charges. An answer from before readiness and its notice does not
/// count. An answer stands until the next answer, whatever other events come between.
#[test]
fn days_of_two_months_are_two_charges() {
    use domain::EventKind;
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let charged = |more: &[(EventKind, &str)]| -> Vec<(String, i64, i64)> {
        let told = [
            (EventKind::AdmissionNotice, "2012-03-20T10:00"),
            (EventKind::CanReceive, "2012-03-25T10:00"),
            (EventKind::Ready, "2012-03-29T09:00"),
            (EventKind::ReadinessNotice, "2012-03-29T10:00"),
        ];
        let events: Vec<Event> = told.iter().chain(more).map(|(kind, text)| event(*kind, text)).collect();
        let case = stay("2012-03-20T08:00", "2012-04-02T12:00", &events);
        let found = law.days(&case, &mut Vec::new(), &mut NoTrace).unwrap();
        found.iter().map(|one| (one.month.to_string(), one.days, one.amount.ore())).collect()
    };
    let (march, april) = (("2012-03".to_owned(), 3, 1_200_000), ("2012-04".to_owned(), 1, 400_000));
    assert_eq!(charged(&[]), [march, april]);
    let answered =
        [(EventKind::CanReceive, "2012-03-31T09:00"), (EventKind::AdmissionNotice, "2012-03-31T10:00")];
    assert_eq!(charged(&answered), [("2012-03".to_owned(), 2, 800_000)]);
}

#[test]
fn what_a_value_rests_on_is_said_in_the_words_of_the_files() {
    use rulebook::file::Confidence;
    let said = [Confidence::Q, Confidence::Q2, Confidence::C, Confidence::M]
        .map(|one| (one.word(), one.to_string(), one.name()));
    assert_eq!(
        said,
        [
            ("Q", "Q".to_owned(), "lest i kilden"),
            ("Q2", "Q2".to_owned(), "lest i en annenhåndskilde"),
            ("C", "C".to_owned(), "utledet av kilden"),
            ("M", "M".to_owned(), "usignert"),
        ]
    );
}

/// The explanation of a stay over New Year: an answer with a time of day and one without (00:00), days by rate, and
/// their sum.
#[test]
fn days_are_explained_with_their_rates_and_their_sum() {
    use domain::EventKind;
    use words::Language;
    let law = Law::of(&LawBook::built_in().unwrap()).unwrap();
    let told = [
        (EventKind::AdmissionNotice, "2012-12-20T10:00"),
        (EventKind::Ready, "2012-12-29T09:00"),
        (EventKind::ReadinessNotice, "2012-12-29T10:00"),
        (EventKind::CannotReceive, "2012-12-29T12:30"),
    ];
    let explained = |more: &[(EventKind, &str)], mut paid: Vec<domain::Day>| -> String {
        let events: Vec<Event> = told.iter().chain(more).map(|(kind, text)| event(*kind, text)).collect();
        let case = stay("2012-12-20T08:00", "2013-01-03T12:00", &events);
        let mut steps = rulebook::Steps::default();
        law.days(&case, &mut paid, &mut steps).unwrap();
        let line = |step: &rulebook::Step| format!("{} [{}]\n", Language::Nb.say(&step.text), step.provision);
        steps.0.iter().map(line).collect::<String>().replace('\u{a0}', " ")
    };
    let received = explained(&[(EventKind::CanReceive, "2013-01-02T00:00")], Vec::new());
    let paid_before = explained(&[], vec![domain::Day::parse("2012-12-30").unwrap()]);
    let all = [explained(&[], Vec::new()), received, paid_before].join("\n");
    expect_test::expect_file!["explained.txt"].assert_eq(&all);
}

/// Adds a line for each part of a rule file that tells how sure it is, or where it is from.
fn tell_sources(at: &str, value: &toml::Value, out: &mut String) {
    match value {
        toml::Value::Table(table) => {
            let word = |key: &str| table.get(key).map(|value| value.to_string().trim_matches('"').to_owned());
            let told =
                ["confidence", "source", "cite", "from", "url", "read_on"].into_iter().filter_map(|key| {
                    word(key).filter(|_| !table[key].is_table()).map(|value| format!("{key} {value}"))
                });
            let told: Vec<String> = told.collect();
            if table.contains_key("confidence") || table.contains_key("url") || table.contains_key("cite") {
                *out += &format!("{at}: {}\n", told.join("; "));
            }
            for (key, inside) in table {
                tell_sources(&format!("{at}.{key}"), inside, out);
            }
        }
        toml::Value::Array(items) => {
            for (place, inside) in items.iter().enumerate() {
                tell_sources(&format!("{at}[{place}]"), inside, out);
            }
        }
        _ => {}
    }
}

/// How sure each value is, and where it is from, in every rule file: no kroner rest on it, but whether a settlement is a draft
/// does. A reader holds this list against the sources; a slip in one of them changes the list.
#[test]
fn what_each_value_is_from_is_as_it_was_read() {
    let all = LAW.iter().chain(VARIANTS).chain(MEASURES).chain([&rulebook::built_in::SCHEME]);
    let mut out = String::new();
    for (name, text) in all {
        tell_sources(name, &toml::Value::Table(toml::from_str(text).unwrap()), &mut out);
    }
    expect_test::expect_file!["sources.txt"].assert_eq(&out);
}
