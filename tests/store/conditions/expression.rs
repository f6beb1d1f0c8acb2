//! Condition expressions, as far as the store writes any, and what each can be weakened to.

/// What is said of facts, of which a request tells any number: of one that is new, and of one that
/// is known.
const OF_FACTS: [&str; 2] = ["attribute_not_exists(#f)", "#f = :b"];

/// A clause without the number of its fact.
fn without_number(clause: &str) -> String {
    let is_of_fact = clause.contains("#f");
    clause.chars().filter(|c| !(is_of_fact && c.is_ascii_digit())).collect()
}

/// What the same line of code asks in the same words, whatever facts it has to tell.
pub(super) fn common(expression: &str) -> String {
    let clauses = clauses(expression).into_iter();
    let (of_facts, mut rest): (Vec<_>, Vec<_>) = clauses.partition(|it| it.contains("#f"));
    if !of_facts.is_empty() {
        rest.extend(OF_FACTS.map(str::to_owned));
    }
    together(&rest)
}

/// The clauses that have to hold together, of an expression without needless parentheses.
pub(super) fn clauses(expression: &str) -> Vec<String> {
    let inner = unwrapped(expression);
    if split(inner, " OR ").len() > 1 {
        return vec![inner.to_owned()];
    }
    match split(inner, " AND ").as_slice() {
        [_] => vec![inner.to_owned()],
        several => several.iter().flat_map(|clause| clauses(clause)).collect(),
    }
}

/// An expression of clauses that have to hold together.
fn together(clauses: &[String]) -> String {
    let wrapped = |clause: &String| match split(clause, " OR ").len() {
        1 => clause.clone(),
        _ => format!("({clause})"),
    };
    clauses.iter().map(wrapped).collect::<Vec<_>>().join(" AND ")
}

/// One change of an expression. Most make it hold more often; what leaves out an alternative or
/// moves a bound makes it hold less often, which is to be noticed, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weakening {
    /// It is not there at all.
    Nothing,
    /// This clause is not there.
    Without(String),
    /// This clause says that instead.
    Instead(String, String),
}

impl std::fmt::Display for Weakening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing of it"),
            Self::Without(clause) => write!(f, "without {clause}"),
            Self::Instead(clause, instead) => write!(f, "{instead} instead of {clause}"),
        }
    }
}

impl Weakening {
    /// All that can be done to a [common] expression.
    pub(super) fn all_of(expression: &str) -> Vec<Self> {
        let clauses = clauses(expression);
        let mut all = vec![Self::Nothing];
        for clause in &clauses {
            if clauses.len() > 1 {
                all.push(Self::Without(clause.clone()));
            }
            let others = others(clause).into_iter();
            all.extend(others.map(|instead| Self::Instead(clause.clone(), instead)));
        }
        all
    }

    /// What is left of an expression; `None` when that is nothing.
    pub(super) fn of(&self, expression: &str) -> Option<String> {
        let changed = |clause: String| match self {
            Self::Nothing => None,
            Self::Without(gone) => (without_number(&clause) != *gone).then_some(clause),
            Self::Instead(gone, instead) if without_number(&clause) == *gone => {
                Some(instead.clone())
            }
            Self::Instead(..) => Some(clause),
        };
        let left: Vec<_> = clauses(expression).into_iter().filter_map(changed).collect();
        (!left.is_empty()).then(|| together(&left))
    }
}

/// A clause without one of its alternatives, with a bound that is in or out, between fewer bounds.
fn others(clause: &str) -> Vec<String> {
    let mut others = Vec::new();
    let alternatives = split(clause, " OR ");
    for left_out in 0..alternatives.len() {
        let mut rest = alternatives.clone();
        rest.remove(left_out);
        if !rest.is_empty() {
            others.push(rest.join(" OR "));
        }
    }
    for (bound, moved) in [(" <= ", " < "), (" < ", " <= "), (" >= ", " > "), (" > ", " >= ")] {
        if clause.contains(bound) {
            others.push(clause.replacen(bound, moved, 1));
        }
    }
    if let Some((what, (from, to))) = clause
        .split_once(" BETWEEN ")
        .and_then(|(what, bounds)| Some((what, bounds.split_once(" AND ")?)))
    {
        others.push(format!("{what} >= {from}"));
        others.push(format!("{what} <= {to}"));
    }
    others
}

/// Without parentheses around the whole.
fn unwrapped(expression: &str) -> &str {
    let text = expression.trim();
    let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else {
        return text;
    };
    let mut depth = 0_i32;
    let is_one = inner.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    });
    if is_one { unwrapped(inner) } else { text }
}

/// At a word that is in no parentheses, and does not belong to a `BETWEEN`.
fn split<'a>(expression: &'a str, at: &str) -> Vec<&'a str> {
    let (mut parts, mut from, mut depth, mut between) = (Vec::new(), 0, 0, false);
    for (n, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth != 0 || n < from {
            continue;
        }
        let rest = &expression[n..];
        if rest.starts_with(" BETWEEN ") {
            between = true;
        } else if rest.starts_with(at) && between && at == " AND " {
            between = false;
        } else if rest.starts_with(at) {
            parts.push(&expression[from..n]);
            from = n + at.len();
        }
    }
    parts.push(&expression[from..]);
    parts
}

#[test]
fn a_clause_is_what_has_to_hold() {
    let learned = "(attribute_not_exists(v) OR v <= :v) AND (attribute_exists(pk) AND #f12 = :b12)";
    let expected = ["attribute_not_exists(v) OR v <= :v", "attribute_exists(pk)", "#f12 = :b12"];
    assert_eq!(clauses(learned), expected);
    let held = "pk = :pk AND sk BETWEEN :from AND :to";
    assert_eq!(clauses(held), ["pk = :pk", "sk BETWEEN :from AND :to"]);
}

#[test]
fn a_weakened_expression_says_all_but_that() {
    let expression = "(attribute_not_exists(v) OR v <= :v) AND (#f0 = :b0 AND #f17 = :b17)";
    let weakened = |weakening: &Weakening| weakening.of(expression).unwrap_or_default();
    let all: Vec<_> = Weakening::all_of(&common(expression)).iter().map(weakened).collect();
    let expected = [
        "",
        "#f0 = :b0 AND #f17 = :b17",
        "v <= :v AND #f0 = :b0 AND #f17 = :b17",
        "attribute_not_exists(v) AND #f0 = :b0 AND #f17 = :b17",
        "(attribute_not_exists(v) OR v < :v) AND #f0 = :b0 AND #f17 = :b17",
        // Of facts that are new there are none.
        "(attribute_not_exists(v) OR v <= :v) AND #f0 = :b0 AND #f17 = :b17",
        "(attribute_not_exists(v) OR v <= :v)",
    ];
    assert_eq!(all, expected);
    let between = "pk = :pk AND sk BETWEEN :from AND :to";
    let all = Weakening::all_of(between).into_iter().filter_map(|weakening| weakening.of(between));
    let expected = [
        "sk BETWEEN :from AND :to",
        "pk = :pk",
        "pk = :pk AND sk >= :from",
        "pk = :pk AND sk <= :to",
    ];
    assert_eq!(all.collect::<Vec<_>>(), expected);
}
