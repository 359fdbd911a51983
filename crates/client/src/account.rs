//! What a signed-in device asks for about its account and its devices.

use chinwag_protocol::{
    AccountCard, AccountId, AccountUpdateBody, DeletionBody, DeviceEntry, DeviceId, DevicesAnswer,
    PasswordChangeBody, RecoveryCodesAnswer, RecoveryCodesBody, RegistrationBody,
};
use http::Method;

use crate::client::with_json;
use crate::{ClientError, Session};

impl Session {
    /// The account as it is now.
    pub async fn show_account(&self) -> Result<AccountCard, ClientError> {
        self.client().ask(self.request(Method::GET, "/v1/account")?).await
    }

    /// What any account shows of itself.
    pub async fn show_any_account(&self, id: AccountId) -> Result<AccountCard, ClientError> {
        self.client().ask(self.request(Method::GET, &format!("/v1/accounts/{id}"))?).await
    }

    /// Changes what the account shows of itself; what is none stays.
    pub async fn update_account(&self, update: &AccountUpdateBody) -> Result<AccountCard, ClientError> {
        self.client().ask(with_json(self.request(Method::PATCH, "/v1/account")?, update)?).await
    }

    /// Makes the guest an account that can be signed in to.
    pub async fn register(&self, username: &str, password: &str) -> Result<AccountCard, ClientError> {
        let body = RegistrationBody { username: username.to_owned(), password: password.to_owned() };
        self.client().ask(with_json(self.request(Method::POST, "/v1/account/registration")?, &body)?).await
    }

    /// Sets another password, and signs out all other devices.
    pub async fn change_password(&self, password: &str, new_password: &str) -> Result<(), ClientError> {
        let body =
            PasswordChangeBody { password: password.to_owned(), new_password: new_password.to_owned() };
        let request = with_json(self.request(Method::PUT, "/v1/account/password")?, &body)?;
        self.client().command(request).await.map(drop)
    }

    /// Makes new recovery codes, and voids those before.
    pub async fn new_recovery_codes(&self, password: &str) -> Result<Vec<String>, ClientError> {
        let body = RecoveryCodesBody { password: password.to_owned() };
        let request = with_json(self.request(Method::POST, "/v1/account/recovery-codes")?, &body)?;
        let answer: RecoveryCodesAnswer = self.client().ask(request).await?;
        Ok(answer.codes)
    }

    /// Deletes the account; a guest has no password. This and all its other devices are signed out.
    pub async fn delete_account(&self, password: Option<&str>) -> Result<(), ClientError> {
        let body = DeletionBody { password: password.map(str::to_owned) };
        let request = with_json(self.request(Method::POST, "/v1/account/deletion")?, &body)?;
        self.client().command(request).await.map(drop)
    }

    /// The account's devices, oldest first.
    pub async fn devices(&self) -> Result<Vec<DeviceEntry>, ClientError> {
        let answer: DevicesAnswer = self.client().ask(self.request(Method::GET, "/v1/devices")?).await?;
        Ok(answer.devices)
    }

    /// Signs one of the account's devices out.
    pub async fn remove_device(&self, device: DeviceId) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &format!("/v1/devices/{device}"))?;
        self.client().command(request).await.map(drop)
    }

    /// Signs all of the account's devices out but this one.
    pub async fn remove_other_devices(&self) -> Result<(), ClientError> {
        self.client().command(self.request(Method::DELETE, "/v1/devices")?).await.map(drop)
    }
}
