//! What a signed-in device asks for about its account, whatever it came by: a route of REST or a frame of a WebSocket.

use chinwag_chat::Reply;
use chinwag_protocol::{
    About, AccountCard, AccountUpdateBody, Actor, Code, Command, DeletionBody, DeviceId, Name, Password,
    PasswordChangeBody, Problem, RecoveryCodesAnswer, RecoveryCodesBody, RegistrationBody, Username,
};

use crate::app::App;
use crate::commands::submit;
use crate::recovery_code;
use crate::refusal::{internal, store_problem};

/// Makes the guest an account.
pub(crate) async fn register(
    app: &App,
    actor: Actor,
    body: &RegistrationBody,
) -> Result<AccountCard, Problem> {
    let username = username(&body.username)?;
    let password = password(&body.password)?;
    // So that a retry, or whoever looks for a name that is free, costs no hash. Deciding counts.
    let card = app.account(actor.account).await?;
    let found = app.store.credential_of(&username).await.map_err(|error| store_problem(&error))?;
    if card.username.is_some() || found.is_some() {
        app.limits.command(actor.device)?;
        let is_own = found.is_some_and(|credential| credential.account == actor.account);
        return match card.username {
            Some(own) if own != username => Err(Problem::already_registered()),
            _ if is_own => app.account(actor.account).await,
            _ => Err(Problem::username_taken()),
        };
    }
    let tried = app.limits.try_of_device(actor.device)?;
    let password = app.passwords.hash(password).await?;
    let reply = submit(app, actor, Command::Register { username, password }).await?;
    app.limits.give_back(tried);
    account(reply)
}

/// Sets another password.
pub(crate) async fn change_password(
    app: &App,
    actor: Actor,
    body: &PasswordChangeBody,
) -> Result<(), Problem> {
    let new = password(&body.new_password)?;
    let verified = verify(app, actor, &body.password).await?;
    let password = app.passwords.hash(new).await?;
    submit(app, actor, Command::ChangePassword { verified, password }).await.map(drop)
}

/// Makes new recovery codes.
pub(crate) async fn new_recovery_codes(
    app: &App,
    actor: Actor,
    body: &RecoveryCodesBody,
) -> Result<RecoveryCodesAnswer, Problem> {
    let verified = verify(app, actor, &body.password).await?;
    let made: Vec<_> =
        (0..recovery_code::CODES).map(|_| recovery_code::random()).collect::<Result<_, Problem>>()?;
    let (codes, hashes) = made.into_iter().unzip();
    submit(app, actor, Command::NewRecoveryCodes { verified, codes: hashes }).await?;
    Ok(RecoveryCodesAnswer { codes })
}

/// Deletes the account. What it wrote is emptied in the background.
pub(crate) async fn delete_account(app: &App, actor: Actor, body: &DeletionBody) -> Result<(), Problem> {
    let verified = match &body.password {
        Some(typed) => Some(verify(app, actor, typed).await?),
        // A guest, or else deciding refuses it.
        None => None,
    };
    submit(app, actor, Command::DeleteAccount { verified }).await.map(drop)
}

/// Changes what the account shows of itself.
pub(crate) async fn update_account(
    app: &App,
    actor: Actor,
    body: AccountUpdateBody,
) -> Result<AccountCard, Problem> {
    let about = body.about.map(About::parse).transpose();
    let command = Command::UpdateAccount {
        name: body.name.map(name).transpose()?,
        about: about.map_err(|error| Problem::new(Code::InvalidText, error.to_string()))?,
        color: body.color,
    };
    account(submit(app, actor, command).await?)
}

/// Signs out one of the account's devices.
pub(crate) async fn remove_device(app: &App, actor: Actor, device: DeviceId) -> Result<(), Problem> {
    submit(app, actor, Command::RemoveDevice { device }).await.map(drop)
}

/// Signs out all of the account's devices but the one that asks.
pub(crate) async fn remove_other_devices(app: &App, actor: Actor) -> Result<(), Problem> {
    submit(app, actor, Command::RemoveOtherDevices).await.map(drop)
}

pub(crate) fn username(typed: &str) -> Result<Username, Problem> {
    Username::parse(typed).map_err(|error| Problem::new(Code::InvalidUsername, error.to_string()))
}

pub(crate) fn password(typed: &str) -> Result<Password, Problem> {
    Password::parse(typed).map_err(|error| Problem::new(Code::InvalidPassword, error.to_string()))
}

pub(crate) fn name(typed: String) -> Result<Name, Problem> {
    Name::parse(typed).map_err(|error| Problem::new(Code::InvalidName, error.to_string()))
}

/// An id that cannot be one is answered like one that is nobody's.
pub(crate) fn device(id: &str) -> Result<DeviceId, Problem> {
    id.parse().map_err(|_| Problem::no_device())
}

/// The version of the account's password, if `typed` is it.
async fn verify(app: &App, actor: Actor, typed: &str) -> Result<u64, Problem> {
    let typed = password(typed)?;
    let tried = app.limits.try_of_device(actor.device)?;
    let kept = app.store.credential(actor.account).await.map_err(|error| store_problem(&error))?;
    let version = kept.as_ref().map(|credential| credential.version);
    match (app.passwords.verify(typed, kept.map(|credential| credential.password)).await, version) {
        (Ok(false), _) | (Ok(true), None) => Err(Problem::wrong_credentials()),
        (Ok(true), Some(version)) => {
            app.limits.give_back(tried);
            Ok(version)
        }
        (Err(problem), _) => {
            app.limits.give_back(tried);
            Err(problem)
        }
    }
}

fn account(reply: Reply) -> Result<AccountCard, Problem> {
    match reply {
        Reply::Account(card) => Ok(card),
        _ => Err(internal()),
    }
}
