//! The invented list of DRGs, with invented weights. Real weights come in a file that the user supplies.
//!
//! Births have real codes in the range 370–375 and newborns in the range 385–391, since the law leaves them
//! out by code. The groups that measures ask for have theirs too: 210 and 211 (operations on hip and femur), 317 (dialysis),
//! 475 and 483 (respirator). Every other code is made up, and so is every weight.

use std::collections::BTreeMap;

use domain::DrgType;

use crate::drg_list::{Drg, DrgList};

/// DRGs of one kind, in ascending order of weight.
pub struct Ladder {
    drgs: Vec<Drg>,
}

impl Ladder {
    /// The DRG with the weight nearest to `weight_milli` (thousandths of a point), by ratio.
    pub fn nearest(&self, weight_milli: f64) -> &Drg {
        let weight = weight_milli.max(1.0) as i32;
        let above = self.drgs.partition_point(|drg| drg.weight_milli < weight);
        let (low, high) = (above.saturating_sub(1), std::cmp::min(above, self.drgs.len() - 1));
        let (below, over) = (f64::from(self.drgs[low].weight_milli), f64::from(self.drgs[high].weight_milli));
        if weight_milli / below.max(1.0) < over / weight_milli.max(1.0) {
            &self.drgs[low]
        } else {
            &self.drgs[high]
        }
    }
}

/// The invented DRGs, by kind of treatment.
pub struct Drgs {
    /// Medical inpatient stays. Two of the heavy groups are on a respirator.
    pub medical: Ladder,
    /// Operations for fractures of the hip and the femur.
    pub hip: Ladder,
    /// Dialysis.
    pub dialysis: Ladder,
    /// Surgical inpatient stays.
    pub surgical: Ladder,
    /// Births without surgery.
    pub birth: Ladder,
    pub caesarean: Ladder,
    pub newborn: Ladder,
    /// Medical day treatment and outpatient visits.
    pub outpatient: Ladder,
    /// Surgical day treatment and outpatient visits.
    pub minor_surgery: Ladder,
    /// The DRGs of every kind, by code.
    pub list: DrgList,
}

/// Makes the list. It is the same for every register, whatever the seed.
pub fn drgs() -> Drgs {
    let mut list = BTreeMap::new();
    let mut ladder = |codes: Vec<String>, drg_type, kind: &str, low: f64, high: f64| {
        let steps = codes.len().max(2) as f64 - 1.0;
        let drgs: Vec<Drg> = codes
            .into_iter()
            .enumerate()
            .map(|(place, code)| {
                let weight = low * (high / low).powf(place as f64 / steps);
                let mdc = match kind {
                    "fødsel" | "keisersnitt" => 14,
                    "nyfødt" => 15,
                    "hofte" => 8,
                    "dialyse" => 11,
                    _ => 1 + (place as i32 * 7) % 13,
                };
                let title = format!("Syntetisk gruppe: {kind} {}", place + 1);
                Drg { code, drg_type, mdc, weight_milli: weight.round() as i32, title }
            })
            .collect();
        for drg in &drgs {
            list.insert(drg.code.clone(), drg.clone());
        }
        Ladder { drgs }
    };
    let numbers = |from: u32, count: u32| -> Vec<String> {
        (from..from + count).map(|number| number.to_string()).collect()
    };
    let letters = |from: u32, count: u32, letter: &str| {
        (from..from + count).map(|number| format!("{number}{letter}")).collect::<Vec<_>>()
    };
    // A code that has a meaning of its own stands for nothing else.
    let but = |codes: Vec<String>, others: &[(&str, &str)]| -> Vec<String> {
        let other = |code: String| match others.iter().find(|(own, _)| *own == code) {
            Some((_, other)) => (*other).to_owned(),
            None => code,
        };
        codes.into_iter().map(other).collect()
    };
    let medical = but(numbers(10, 160), &[("115", "475"), ("125", "483")]);
    let medical = ladder(medical, DrgType::Medical, "medisinsk", 90.0, 14_000.0);
    let surgical = but(numbers(200, 120), &[("210", "320"), ("211", "321"), ("317", "322")]);
    let surgical = ladder(surgical, DrgType::Surgical, "kirurgisk", 250.0, 30_000.0);
    let hip = ladder(vec!["211".into(), "210".into()], DrgType::Surgical, "hofte", 1_500.0, 3_000.0);
    let dialysis = ladder(vec!["317".into()], DrgType::Medical, "dialyse", 145.0, 145.0);
    let birth = ladder(vec!["373".into(), "372".into()], DrgType::Medical, "fødsel", 480.0, 720.0);
    let caesarean =
        ladder(vec!["371".into(), "370".into()], DrgType::Surgical, "keisersnitt", 1050.0, 1400.0);
    let newborn = ladder(
        ["391", "390", "389B", "388B", "388A", "387N", "386N"].map(String::from).to_vec(),
        DrgType::Medical,
        "nyfødt",
        170.0,
        38_000.0,
    );
    let outpatient = ladder(letters(901, 80, "O"), DrgType::Medical, "poliklinisk", 8.0, 600.0);
    let minor_surgery = ladder(letters(200, 60, "O"), DrgType::Surgical, "dagkirurgi", 30.0, 1500.0);
    // The outpatient ladder runs from 901O to 980O. It therefore includes 915O, which in the law is the code
    // of newborns seen as outpatients.
    Drgs {
        medical,
        hip,
        dialysis,
        surgical,
        birth,
        caesarean,
        newborn,
        outpatient,
        minor_surgery,
        list: DrgList { drgs: list },
    }
}
