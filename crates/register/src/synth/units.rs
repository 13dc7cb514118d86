//! The units of the synthetic register, in the numbers that the ministry gives: 80 somatic hospitals, 130
//! psychiatric units for adults, 100 for children and youth, 50 for substance use, 50 private rehabilitation
//! institutions and 1 500 contract specialists.
//!
//! The units are invented. The trusts that own the public units are real, and have their real organisation numbers. A
//! private unit has its own invented code in place of a trust.

use std::fmt::Write;

use domain::UnitKind;

/// One treating unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// `SYN-`, a letter for the kind, and a number: `SYN-S01`.
    pub code: String,
    pub name: String,
    pub kind: UnitKind,
    /// Organisation number of the trust, or the code of the unit itself if the unit is private.
    pub trust: String,
}

/// The units, and lists of places in [`Units::all`] for choosing where a patient is sent.
pub struct Units {
    pub all: Vec<Unit>,
    /// Public hospitals of each trust area.
    pub hospitals: Vec<(u8, Vec<usize>)>,
    /// University hospital of each region, by organisation number of the region.
    pub university: Vec<(String, usize)>,
    /// Units of a kind in each trust area.
    pub by_area: Vec<(UnitKind, u8, Vec<usize>)>,
    /// Private hospitals with an agreement.
    pub private: Vec<usize>,
}

/// Trusts with hospitals: area, organisation number, name, organisation number of the region, somatic
/// hospitals, people in thousands.
const TRUSTS: &[(u8, &str, &str, &str, usize, u32)] = &[
    (1, "983974880", "Finnmarkssykehuset", "883658752", 2, 73),
    (2, "983974899", "UNN", "883658752", 3, 188),
    (3, "983974910", "Nordlandssykehuset", "883658752", 3, 136),
    (4, "983974929", "Helgelandssykehuset", "883658752", 3, 77),
    (6, "983974791", "Nord-Trøndelag", "983658776", 2, 136),
    (7, "883974832", "St. Olavs hospital", "983658776", 3, 300),
    (8, "997005562", "Møre og Romsdal", "983658776", 4, 257),
    (10, "983974732", "Helse Førde", "983658725", 3, 108),
    (11, "983974724", "Helse Bergen", "983658725", 4, 420),
    (12, "983974694", "Helse Fonna", "983658725", 3, 172),
    (13, "983974678", "Helse Stavanger", "983658725", 2, 340),
    (14, "983971768", "Sykehuset Østfold", "991324968", 3, 275),
    (15, "983971636", "Ahus", "991324968", 2, 460),
    (16, "993467049", "Oslo universitetssykehus", "991324968", 4, 250),
    (17, "965985166", "Lovisenberg", "991324968", 1, 120),
    (18, "982791952", "Diakonhjemmet", "991324968", 1, 130),
    (19, "983971709", "Sykehuset Innlandet", "991324968", 8, 390),
    (20, "894166762", "Vestre Viken", "991324968", 4, 455),
    (21, "983975259", "Sykehuset i Vestfold", "991324968", 3, 220),
    (22, "983975267", "Sykehuset Telemark", "991324968", 4, 170),
    (23, "983975240", "Sørlandet sykehus", "991324968", 3, 280),
];

/// Trust area of all of Oslo, which several trusts share.
pub const OSLO: u8 = 30;
/// Trusts that treat the people of Oslo: trust area, and share of the people in per cent.
pub const OSLO_SHARES: &[(u8, u32)] = &[(16, 46), (17, 20), (18, 20), (15, 14)];

/// Makes the units. They are the same for every register.
pub fn units() -> Units {
    let mut units = Units {
        all: Vec::new(),
        hospitals: Vec::new(),
        university: Vec::new(),
        by_area: Vec::new(),
        private: Vec::new(),
    };
    for (area, organisation, name, region, hospitals, _) in TRUSTS {
        let mut places = Vec::new();
        for number in 1..=*hospitals {
            places.push(units.all.len());
            let code = format!("SYN-S{:02}", units.all.len() + 1);
            let name = format!("{name}, sykehus {number} (syntetisk)");
            units.all.push(Unit {
                code,
                name,
                kind: UnitKind::PublicHospital,
                trust: (*organisation).to_owned(),
            });
        }
        if ["983974899", "883974832", "983974724", "993467049"].contains(organisation) {
            units.university.push(((*region).to_owned(), places[0]));
        }
        units.hospitals.push((*area, places));
    }
    // Private hospitals with an agreement bring the number of somatic hospitals to 80.
    let public = units.all.len();
    for number in 1..=80_usize.saturating_sub(public) {
        units.private.push(units.all.len());
        let code = format!("SYN-P{number:02}");
        let name = format!("Privat sykehus {number} med avtale (syntetisk)");
        units.all.push(Unit {
            trust: code.clone(),
            code,
            name,
            kind: UnitKind::PrivateHospitalWithAgreement,
        });
    }
    for (kind, letter, count, name) in [
        (UnitKind::AdultPsychiatry, 'V', 130, "psykisk helsevern for voksne"),
        (UnitKind::YouthPsychiatry, 'B', 100, "psykisk helsevern for barn og unge"),
        (UnitKind::SubstanceUseUnit, 'T', 50, "rusbehandling"),
        (UnitKind::PrivateRehabilitation, 'R', 50, "privat rehabilitering"),
        (UnitKind::ContractSpecialist, 'A', 1500, "avtalespesialist"),
    ] {
        spread(&mut units, kind, letter, count, name);
    }
    units
}

/// Gives each trust area its part of the units of a kind, by population. An area without a unit of its own
/// uses the last unit made.
fn spread(units: &mut Units, kind: UnitKind, letter: char, count: u32, name: &str) {
    let people: u32 = TRUSTS.iter().map(|trust| trust.5).sum();
    let (mut before, mut given) = (0, 0);
    for (area, organisation, trust, _, _, thousands) in TRUSTS {
        before += thousands;
        let upto = std::cmp::max(count * before / people, given + 1).min(count);
        let mut places = Vec::new();
        for number in given + 1..=upto {
            places.push(units.all.len());
            let code = format!("SYN-{letter}{number:04}");
            let own = matches!(kind, UnitKind::PrivateRehabilitation | UnitKind::ContractSpecialist);
            let trust_code = if own { code.clone() } else { (*organisation).to_owned() };
            let name = format!("{trust}, {name} {number} (syntetisk)");
            units.all.push(Unit { code, name, kind, trust: trust_code });
        }
        given = upto;
        if places.is_empty() {
            places.push(units.all.len() - 1);
        }
        units.by_area.push((kind, *area, places));
    }
}

impl Units {
    /// Places of the public hospitals of a trust area; empty if there is no such area.
    pub fn hospitals_of(&self, area: u8) -> &[usize] {
        self.hospitals.iter().find(|(known, _)| *known == area).map_or(&[], |(_, places)| places)
    }

    /// Places of the units of a kind in a trust area; empty if there are none.
    pub fn of(&self, kind: UnitKind, area: u8) -> &[usize] {
        let found = self.by_area.iter().find(|(known, place, _)| *known == kind && *place == area);
        found.map_or(&[], |(_, _, places)| places)
    }

    /// Place of the university hospital of a region; 0 if there is no such region.
    pub fn university_of(&self, region: &str) -> usize {
        self.university.iter().find(|(known, _)| known == region).map_or(0, |(_, place)| *place)
    }

    /// The table of units as CSV text, with semicolons.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("unit;name;unit_kind;trust\n");
        for unit in &self.all {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{};{};{};{}", unit.code, unit.name, unit.kind, unit.trust);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ministry_would_recognise_the_numbers() {
        let units = units();
        let count = |kinds: &[UnitKind]| units.all.iter().filter(|unit| kinds.contains(&unit.kind)).count();
        assert_eq!(count(&[UnitKind::PublicHospital, UnitKind::PrivateHospitalWithAgreement]), 80);
        assert_eq!(count(&[UnitKind::AdultPsychiatry]), 130);
        assert_eq!(count(&[UnitKind::YouthPsychiatry]), 100);
        assert_eq!(count(&[UnitKind::SubstanceUseUnit]), 50);
        assert_eq!(count(&[UnitKind::PrivateRehabilitation]), 50);
        assert_eq!(count(&[UnitKind::ContractSpecialist]), 1500);
    }
}
