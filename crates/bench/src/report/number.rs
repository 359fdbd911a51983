//! Numbers as text and page have them.

/// Whole numbers as they are, others with three digits that count; thousands are set apart.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if value == value.trunc() || size >= 99.95 {
        return thousands(&format!("{value:.0}"));
    }
    let decimals = match size {
        9.995.. => 1,
        0.9995.. => 2,
        _ => (2.0 - size.log10().floor()).clamp(3.0, 9.0) as usize,
    };
    format!("{value:.decimals$}")
}

/// A count.
pub(super) fn count(value: u64) -> String {
    thousands(&value.to_string())
}

/// How many times its floor a figure is.
pub(super) fn ratio(value: f64) -> String {
    if value.is_finite() && value < 99.995 {
        format!("{value:.2} ×")
    } else {
        format!("{} ×", number(value))
    }
}

fn thousands(digits: &str) -> String {
    let mut text = String::new();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    text.push_str(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
