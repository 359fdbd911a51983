//! Parameters in a URL.

use axum::extract::FromRequestParts;
use chinwag_protocol::{Problem, Seq};
use http::request::Parts;

use crate::refusal::{Refusal, invalid_query};

/// The largest number that a JavaScript client can tell from its neighbours.
const NUMBER_MAX: u64 = (1 << 53) - 1;
/// Names under which somebody may try to send a token.
const TOKEN_NAMES: [&str; 4] = ["token", "access_token", "auth", "authorization"];

/// The query of a request. Parameters that nobody asks for are ignored.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses what stands after the `?`.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let query = Self(pairs.into_owned().collect());
        let names_a_token = |name: &str| TOKEN_NAMES.iter().any(|token| name.eq_ignore_ascii_case(token));
        if query.0.iter().any(|(name, _)| names_a_token(name)) {
            return Err(invalid_query(
                "A token never goes into a URL, where logs and histories keep it. Take this one for stolen, sign it \
                 out, and send tokens as \"Authorization: Bearer TOKEN\".",
            ));
        }
        Ok(query)
    }

    /// The value of a parameter that may stand once.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(invalid_query(format!("\"{name}\" stands more than once."))),
        }
    }

    /// A whole number from 0 on; one too large to count with is the largest.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid_query(format!("\"{name}\" is a whole number.")));
        }
        Ok(Some(text.parse().unwrap_or(u64::MAX).min(NUMBER_MAX)))
    }

    /// A place in a timeline.
    pub(crate) fn seq(&self, name: &str) -> Result<Option<Seq>, Problem> {
        Ok(self.number(name)?.map(Seq::new))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self::parse(parts.uri.query())?)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::Code;

    use super::*;

    #[test]
    fn parameters() {
        let query =
            Query::parse(Some("a=1&b=%20x+y&c&unknown=%ff&a2=007&big=99999999999999999999999")).unwrap();
        assert_eq!(query.number("a"), Ok(Some(1)));
        assert_eq!(query.text("b"), Ok(Some(" x y")));
        assert_eq!(query.text("c"), Ok(Some("")));
        assert_eq!(query.number("a2"), Ok(Some(7)));
        assert_eq!(query.number("big"), Ok(Some(NUMBER_MAX)));
        assert_eq!(query.number("absent"), Ok(None));
        for bad in ["x", "", "-1", "+1", "1.5", "1e3", " 1", "０", "0x1"] {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("n", bad).finish();
            let error = Query::parse(Some(&query)).unwrap().number("n").unwrap_err();
            assert_eq!(error.code, Code::InvalidQuery, "{bad}");
            assert!(error.detail.contains("\"n\""));
        }
    }

    #[test]
    fn a_parameter_stands_once() {
        let query = Query::parse(Some("n=1&n=1")).unwrap();
        assert_eq!(query.text("n").unwrap_err().code, Code::InvalidQuery);
    }

    #[test]
    fn tokens_are_refused_under_any_spelling() {
        for query in ["token=x", "a=1&access_token=", "AUTH=x", "t%6fken=x", "authorization=Bearer+x"] {
            assert_eq!(Query::parse(Some(query)).unwrap_err().code, Code::InvalidQuery, "{query}");
        }
        assert!(Query::parse(Some("tokens=x&x=token")).is_ok());
        assert!(Query::parse(None).is_ok());
    }
}
