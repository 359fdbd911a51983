//! As what a browser asks that is signed in as several accounts.

use bytes::Bytes;
use chinwag_protocol::AccountId;
use http::header::{COOKIE, ORIGIN};
use http::{HeaderName, HeaderValue, Request};

use crate::ClientError;

const ACCOUNT: HeaderName = HeaderName::from_static("chinwag-account");

/// What its requests carry beside what is asked for.
#[derive(Clone)]
pub(crate) struct Browser {
    cookies: HeaderValue,
    /// For which accounts it reads, as in a URL.
    pub(crate) accounts: String,
}

impl Browser {
    /// Of these accounts, each with its token.
    pub(crate) fn new(signed_in: &[(AccountId, &str)]) -> Result<Self, ClientError> {
        let cookies: Vec<String> =
            signed_in.iter().map(|(account, token)| format!("chinwag-{account}={token}")).collect();
        let mut cookies = HeaderValue::from_str(&cookies.join("; "))
            .map_err(|_| ClientError::Protocol("the tokens fit in no header".to_owned()))?;
        cookies.set_sensitive(true);
        let accounts: Vec<String> = signed_in.iter().map(|(account, _)| account.to_string()).collect();
        Ok(Self { cookies, accounts: accounts.join(",") })
    }

    /// A request of `account`'s, from a page of this origin.
    pub(crate) fn sign(
        &self,
        mut request: Request<Bytes>,
        account: AccountId,
        origin: &str,
    ) -> Result<Request<Bytes>, ClientError> {
        let value = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| ClientError::Protocol("this fits in no header".to_owned()))
        };
        let headers = request.headers_mut();
        headers.insert(COOKIE, self.cookies.clone());
        headers.insert(ORIGIN, value(origin)?);
        headers.insert(ACCOUNT, value(&account.to_string())?);
        Ok(request)
    }
}
