//! temporary
use std::path::Path;
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let people: u64 = a[2].parse()?;
    let dir = Path::new(&a[3]);
    let year: i16 = a[1].parse()?;
    let t = std::time::Instant::now();
    let made = register::synth::make(
        &register::synth::Order { year, people: Some(people), seed: 1, threads: 2 },
        dir,
        |_, _| {},
    )?;
    eprintln!("{made:?} {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let reader = register::Reader::open_contacts(&dir.join("contacts.parquet"))?;
    let p = register::profile::profile(&reader, 2)?;
    let f = made.of_persons as f64 / made.persons as f64;
    eprintln!("profile {:?}", t.elapsed());
    eprintln!(
        "contacts {:.0} patients {:.0} stays {:.0} beddays {:.0} los {:.3} re {:.2} re80 {:.2} date {:.2} month {:.2} uniq {:.2} {:.2} 80stays {:.0} 80days {:.3}",
        p.contacts as f64 * f,
        p.patients as f64 * f,
        p.stays as f64 * f,
        p.bed_days as f64 * f,
        p.bed_days as f64 / p.stays as f64,
        p.readmitted.per_cent(),
        p.readmitted_men_80.per_cent(),
        p.one_person_by_date.per_cent(),
        p.one_person_by_month.per_cent(),
        p.unique_by_date.per_cent(),
        p.unique_by_month.per_cent(),
        p.stays_80 as f64 * f,
        p.bed_days_80 as f64 / p.bed_days as f64
    );
    eprintln!("{:?} {}", p.by_unit_kind.map(|x| (x as f64 * f) as i64), p.units);
    let mun = domain::Municipalities::built_in()?;
    let variants: Vec<&[&str]> = vec![
        &[],
        &["co-financing-80-plus"],
        &["co-financing-medical"],
        &["co-financing-mental-health-substance-use-rehabilitation"],
        &["co-financing-fee-funded"],
        &["discharge-ready-3000"],
    ];
    for v in variants {
        let book = rulebook::LawBook::built_in()?
            .with_variants(v.iter().map(|v| rulebook::built_in::variant(v).unwrap()))?;
        let law = settlement::Law::of(&book)?;
        let t = std::time::Instant::now();
        let s = settlement::settle(
            &reader,
            &law,
            &mun,
            &settlement::Options { period: domain::Period::parse(&a[1])?, threads: 2, charges: None },
            |_, _| {},
        )?;
        eprintln!("{v:?} {:?}", t.elapsed());
        for i in domain::Instrument::ALL {
            let x = s.totals.of(*i);
            eprintln!(
                "  {i} contacts {:.0} points {:.0} days {:.0} MNOK {:.1}",
                x.contacts as f64 * f,
                x.points.milli() as f64 * f / 1000.0,
                x.days as f64 * f,
                x.amount.ore() as f64 * f / 1e8
            );
        }
        if v.is_empty() {
            for (m, x) in s.totals.by_month(domain::Instrument::DischargeReady) {
                eprint!("{m}: {:.0} ", x.days as f64 * f);
            }
            eprintln!("{:#?}", s.outside.0);
        }
    }
    Ok(())
}
