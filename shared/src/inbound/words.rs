//! Words as they are compared: without case, accents and fancy quotes, because half of the French
//! mail is written without them.

/// A text as it is compared. As many characters as before, so that a place in one is a place in
/// the other.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// A character as it is compared.
pub(super) fn fold(c: char) -> char {
    match c {
        'à' | 'â' | 'ä' | 'á' | 'À' | 'Â' | 'Ä' | 'Á' => 'a',
        'ç' | 'Ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'î' | 'ï' | 'í' | 'Î' | 'Ï' | 'Í' => 'i',
        'ô' | 'ö' | 'ó' | 'Ô' | 'Ö' | 'Ó' => 'o',
        'û' | 'ù' | 'ü' | 'ú' | 'Û' | 'Ù' | 'Ü' | 'Ú' => 'u',
        '’' | '‘' | 'ʼ' | '´' | '`' => '\'',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => ' ',
        '–' | '—' | '‐' | '‑' => '-',
        _ => c.to_ascii_lowercase(),
    }
}

/// The words of a folded text: runs of letters and digits.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}
