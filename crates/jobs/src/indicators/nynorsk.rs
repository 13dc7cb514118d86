//! The sheets of `indicators` in nynorsk. Files for programs keep their names and heads.

use disclosure::SafeTable;

/// Heads and words of cells: bokmål, nynorsk. What is the same in both is not here.
const WORDS: [(&str, &str); 56] = [
    ("navn", "namn"),
    ("enhet", "eining"),
    ("teller", "teljar"),
    ("nevner", "nemnar"),
    ("verdi fra", "verdi frå"),
    ("standardisert fra", "standardisert frå"),
    ("mot landet fra", "mot landet frå"),
    ("mot landet, trukket", "mot landet, trekt"),
    ("vekt av egne tall", "vekt av eigne tal"),
    ("kommunen, kr per hendelse", "kommunen, kr per hending"),
    ("sykehus og RHF får, kr per hendelse", "sjukehus og RHF får, kr per hending"),
    ("staten, kr per hendelse", "staten, kr per hending"),
    ("fra", "frå"),
    ("grense fra", "grense frå"),
    ("antall", "tal på"),
    ("høyeste / laveste", "høgaste / lågaste"),
    ("uten ytterpunktene", "utan ytterpunkta"),
    ("måned", "månad"),
    ("regler", "reglar"),
    ("nye grenser herfra, fordi", "nye grenser herifrå, fordi"),
    ("innbyggere × år", "innbyggjarar × år"),
    ("KMF, kr per innbygger og år", "KMF, kr per innbyggjar og år"),
    ("USK, kr per innbygger og år", "USK, kr per innbyggjar og år"),
    ("ISF, kr per innbygger og år", "ISF, kr per innbyggjar og år"),
    ("innleggelser, på regningen", "innleggingar, på rekninga"),
    ("av dem sist kjent i en annen kommune", "av dei sist kjende i ein annan kommune"),
    ("sist kjent her, på en annen kommunes regning", "sist kjende her, på rekninga til ein annan kommune"),
    ("sykehusopphold", "sjukehusopphald"),
    ("liggedøgn", "liggjedøgn"),
    ("kommunens egen innsats, kr", "eigen innsats i kommunen, kr"),
    ("betalt av ingen ordning, kr", "betalt av inga ordning, kr"),
    ("andel positive, %", "del positive, %"),
    ("ikke prøvd på", "ikkje prøvd på"),
    ("kilde", "kjelde"),
    ("holdt tilbake", "halde tilbake"),
    ("definisjonen er ikke signert", "definisjonen er ikkje signert"),
    ("folketallet er delvis anslått", "folketalet er delvis anslått"),
    ("kr per innbygger og år", "kr per innbyggjar og år"),
    ("innenfor", "innanfor"),
    ("døgn eller dager", "døgn eller dagar"),
    ("kommuner", "kommunar"),
    ("egne områder", "eigne område"),
    ("områder", "område"),
    ("regioner", "regionar"),
    ("ukjent", "ukjend"),
    ("ikke kjent", "ikkje kjent"),
    ("som i filen", "som i fila"),
    (
        "andelene i hver femårsgruppe 1. januar 2012 i kommunen selv",
        "delane i kvar femårsgruppe 1. januar 2012 i kommunen sjølv",
    ),
    (
        "andelene i hver femårsgruppe 1. januar 2012 i kommunene den senere ble slått sammen med",
        "delane i kvar femårsgruppe 1. januar 2012 i kommunane han seinare vart slått saman med",
    ),
    ("bedre helse i befolkningen", "betre helse i befolkninga"),
    ("bedre brukeropplevelser", "betre brukaropplevingar"),
    ("bedre ressursutnyttelse", "betre ressursutnytting"),
    ("jobbtilfredshet", "jobbtilfredsheit"),
    ("per 1\u{a0}000 innbyggere og år", "per 1\u{a0}000 innbyggjarar og år"),
    ("per 10\u{a0}000 innbyggere og år", "per 10\u{a0}000 innbyggjarar og år"),
    ("per 100\u{a0}000 innbyggere og år", "per 100\u{a0}000 innbyggjarar og år"),
];

/// What sheets say of themselves, in parts.
const ABOUT: [(&str, &str); 26] = [
    ("registeret er et utvalg på", "registeret er eit utval på"),
    ("Hver indikator for kommuner som hører sammen", "Kvar indikator for kommunar som høyrer saman"),
    ("ikke regnet ut: filen har ikke", "ikkje rekna ut: fila har ikkje"),
    ("ikke regnet ut: uttrekket mangler", "ikkje rekna ut: uttrekket manglar"),
    ("kommunale opphold: gi dem med", "kommunale opphald: gje dei med"),
    (", hvert område og hver region etter alder", ", kvart område og kvar region etter alder"),
    ("Hver indikator for hver kommune", "Kvar indikator for kvar kommune"),
    ("Hver indikator for landet", "Kvar indikator for landet"),
    (
        "Hvor mye rater varierer mellom områder som ikke er holdt tilbake",
        "Kor mykje ratar varierer mellom område som ikkje er haldne tilbake",
    ),
    (
        "SCV er det som er mer enn tilfeldig, og under null er det ikke noe",
        "SCV er det som er meir enn tilfeldig, og under null er det ikkje noko",
    ),
    ("Landet måned for måned; verdien er", "Landet månad for månad; verdien er"),
    ("nevneren er folketallet", "nemnaren er folketalet"),
    ("teller / nevner, eller telleren der", "teljar / nemnar, eller teljaren der"),
    (
        "Hva hver indikator er, og hvor definisjonen kommer fra",
        "Kva kvar indikator er, og kvar definisjonen kjem frå",
    ),
    (
        "Undersøkelser som er lagt inn, med antall svar og intervall",
        "Undersøkingar som er lagde inn, med tal på svar og intervall",
    ),
    (
        "Tall fra andre enn sykehusregisteret, som de er lagt inn (95 %: Byar for rater, Wilson for andeler)",
        "Tal frå andre enn sjukehusregisteret, som dei er lagde inn (95 %: Byar for ratar, Wilson for delar)",
    ),
    (
        "Hva ordningene koster: kravene i perioden for kommunens innbyggere",
        "Kva ordningane kostar: krava i perioden for innbyggjarane i kommunen",
    ),
    (
        "Kommunen på regningen er den på kontakten; den sist kjente er kommunen ved personens siste døgnopphold i filen",
        "Kommunen på rekninga er den på kontakten; den sist kjende er kommunen ved det siste døgnopphaldet til personen i fila",
    ),
    (
        "Hva hvert nivå gjorde for felles pasienter, og hvem som betalte: kommunens innsats er den kommunen selv har lagt inn, og '..' der den ikke har",
        "Kva kvart nivå gjorde for felles pasientar, og kven som betalte: innsatsen er den kommunen sjølv har lagt inn, og '..' der han ikkje har",
    ),
    ("Folketallet som rater er regnet av", "Folketalet som ratar er rekna av"),
    ("og folketallet er talt så mye færre", "og folketalet er talt så mykje færre"),
    (
        "kommuner er ikke i filen, og er ikke med i landets rater",
        "kommunar er ikkje i fila, og er ikkje med i ratane for landet",
    ),
    (", som de står", ", som dei står"),
    (", de samme hele perioden", ", dei same heile perioden"),
    ("følger ikke med", "følgjer ikkje med"),
    ("kommuner med tallet fra", "kommunar med talet frå"),
];

/// A head or a word of a cell in nynorsk, where it is another.
pub fn word(text: &str) -> Option<&'static str> {
    WORDS.iter().find(|(nb, _)| *nb == text).map(|(_, nn)| *nn)
}

/// A sentence in nynorsk, as far as its parts are known.
pub fn sentence(text: &str) -> String {
    ABOUT.iter().fold(text.to_owned(), |text, (nb, nn)| text.replace(nb, nn))
}

/// A table in nynorsk.
pub fn table(of: &SafeTable) -> SafeTable {
    let parts =
        |text: &str| text.split("; ").map(|part| word(part).unwrap_or(part)).collect::<Vec<_>>().join("; ");
    of.reworded(sentence, parts)
}
