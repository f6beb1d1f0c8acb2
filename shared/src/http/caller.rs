//! Who asks, as API Gateway has authenticated it: by signature (IAM) or by token (JWT).
//!
//! Nothing here verifies a signature or a token; API Gateway does, and lets nobody else through.
//! A request without a caller means that it is set up wrongly, and is refused.

use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::scope::Scope;

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The same in every request of the same caller, and never that of another one.
    id: String,
    /// What its token allows. `None` for IAM, whose policies say which routes a caller may reach.
    scopes: Option<Vec<String>>,
}

impl Caller {
    /// The caller of a request.
    ///
    /// # Errors
    ///
    /// A 401.
    pub(super) fn of(parts: &Parts) -> Result<Self, Problem> {
        let authorizer = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.authorizer.as_ref(),
            _ => None,
        };
        let by_signature = || {
            let arn = authorizer?.iam.as_ref()?.user_arn.as_deref()?;
            let id = without_session(arn);
            (!arn.is_empty()).then_some(Self { id, scopes: None })
        };
        let by_token = || {
            let token = authorizer?.jwt.as_ref()?;
            let claim = |name: &str| token.claims.get(name).map(String::as_str);
            let scopes = [claim("scope"), claim("scp")].into_iter().flatten().flat_map(words);
            let scopes = scopes.chain(token.scopes.iter().flatten().map(String::as_str));
            let scopes = scopes.map(str::to_owned).collect();
            Some(Self { id: holder(claim)?, scopes: Some(scopes) })
        };
        by_signature().or_else(by_token).ok_or_else(Problem::unauthenticated)
    }

    /// The caller's id, if it may do this.
    ///
    /// # Errors
    ///
    /// A 403 that names the scope.
    pub(super) fn with_scope<P: Scope>(self) -> Result<String, Problem> {
        let allowed = self.scopes.is_none_or(|scopes| scopes.iter().any(|scope| scope == P::NAME));
        if allowed { Ok(self.id) } else { Err(Problem::missing_scope(P::NAME)) }
    }
}

/// The scopes of a claim: words, or a list, which API Gateway hands on as `[a b]`.
fn words(claim: &str) -> impl Iterator<Item = &str> {
    claim
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ','))
        .filter(|w| !w.is_empty())
}

/// Who holds a token: who issued it, for whom, to which client. Hashed, because a subject may be an
/// address, and ids are part of keys.
fn holder<'a>(claim: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let client = claim("client_id").or_else(|| claim("azp"));
    let known = [claim("sub"), client];
    if known.iter().flatten().all(|part| part.is_empty()) {
        return None;
    }
    let mut hash = Sha256::new();
    for part in [claim("iss"), claim("sub"), client] {
        let part = part.unwrap_or_default();
        // With its length, so that no two splits are the same.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let id: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("jwt:{id}"))
}

/// A role's session has a name of its own, and another one after each restart of the caller, who is
/// the same all the while: `…:assumed-role/<role>/<session>` is the role.
fn without_session(arn: &str) -> String {
    match arn.split_once(":assumed-role/") {
        Some((account, role)) => {
            let role = role.split('/').next().unwrap_or(role);
            format!("{account}:assumed-role/{role}")
        }
        None => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::{Value, json};

    use super::super::scope::{IncidentsRead, IncidentsWrite};
    use super::*;

    fn asked_with(authorizer: Value) -> Result<Caller, Problem> {
        let context = json!({
            "accountId": "1", "apiId": "a", "authorizer": authorizer, "domainName": "d",
            "http": { "method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "requestId": "r", "stage": "$default", "timeEpoch": 0,
        });
        let context = RequestContext::ApiGatewayV2(serde_json::from_value(context).unwrap());
        let (parts, ()) = Request::builder().extension(context).body(()).unwrap().into_parts();
        Caller::of(&parts)
    }

    fn token(claims: Value) -> Result<Caller, Problem> {
        asked_with(json!({ "jwt": { "claims": claims, "scopes": null } }))
    }

    #[test]
    fn a_role_is_the_same_caller_in_every_session() {
        let role = |session: &str| format!("arn:aws:sts::1:assumed-role/portal/{session}");
        assert_eq!(without_session(&role("a")), without_session(&role("b")));
        assert_ne!(without_session(&role("a")), without_session("arn:aws:sts::1:assumed-role/x/a"));
        let user = "arn:aws:iam::1:user/team/portal";
        assert_eq!(without_session(user), user);
    }

    #[test]
    fn scopes_are_read_wherever_an_issuer_puts_them() {
        for scopes in [
            json!({ "claims": { "sub": "s", "scope": "openid incidents:read" } }),
            json!({ "claims": { "sub": "s", "scp": "[incidents:read email]" } }),
            json!({ "claims": { "sub": "s" }, "scopes": ["incidents:read"] }),
        ] {
            let caller = asked_with(json!({ "jwt": scopes })).unwrap();
            assert!(caller.clone().with_scope::<IncidentsRead>().is_ok(), "{scopes}");
            assert!(caller.with_scope::<IncidentsWrite>().is_err(), "{scopes}");
        }
        let nearly = token(json!({ "sub": "s", "scope": "incidents:readx xincidents:read" }));
        assert!(nearly.unwrap().with_scope::<IncidentsRead>().is_err());
    }

    #[test]
    fn no_two_holders_of_tokens_are_the_same_caller() {
        let id = |claims| token(claims).unwrap().id;
        let ids = [
            id(json!({ "iss": "i", "sub": "s" })),
            id(json!({ "iss": "i", "sub": "t" })),
            id(json!({ "iss": "is", "sub": "" , "client_id": "c" })),
            id(json!({ "iss": "i", "sub": "s", "client_id": "c" })),
            id(json!({ "iss": "i", "sub": "sc" })),
        ];
        for (n, one) in ids.iter().enumerate() {
            assert!(ids[n + 1..].iter().all(|other| other != one), "{n}");
        }
        assert_eq!(id(json!({ "iss": "i", "sub": "s", "iat": "1" })), ids[0]);
    }

    #[test]
    fn who_cannot_be_told_apart_is_nobody() {
        for claims in [json!({}), json!({ "iss": "i" }), json!({ "iss": "i", "sub": "" })] {
            assert_eq!(token(claims).map(|c| c.id).map_err(|p| p.status), Err(401));
        }
        assert_eq!(asked_with(json!({ "iam": { "userArn": "" } })).map_err(|p| p.status), Err(401));
    }
}
