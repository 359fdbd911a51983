//! The rules about accounts, passwords and devices, decided on hand-made states, with the answers written by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chinwag_chat::{
    Account, CreateGuest, DEVICES_MAX, Decision, Entrance, ExpireDevice, NewDevice, OwnDevice, Private,
    Recover, Registration, Reply, Request, RequestHash, SignIn, State, Subject, TokenHash, decide, needs,
};
use chinwag_protocol::{
    AccountCard, AccountChange, AccountId, Actor, Body, Code, Command, ConversationId, DeviceId, Name,
    PasswordHash, Pos, Problem, RecoveryCodeHash, Seq, Timestamp, Username,
};
use uuid::Uuid;

const ADA: AccountId = AccountId::new(Uuid::from_u128(0xa1));
const BOB: AccountId = AccountId::new(Uuid::from_u128(0xa2));
const NOBODY: AccountId = AccountId::new(Uuid::from_u128(0xa9));
const GOOD: RecoveryCodeHash = RecoveryCodeHash([1; 32]);
const VOID: RecoveryCodeHash = RecoveryCodeHash([2; 32]);

fn at() -> Timestamp {
    Timestamp::from_millis(1_795_336_245_007)
}

fn device(number: u128) -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xd0 + number))
}

fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

fn own(number: u128) -> OwnDevice {
    OwnDevice { id: device(number), seen_at: Timestamp::from_millis(number as i64) }
}

/// Ada has registered, has the devices 1, 2 and 3, a password of version 4 and one good recovery code. Bob is a guest with
/// the device 4.
fn state() -> State {
    let mut state = State::at(Pos::new(100));
    for (id, name, devices) in [(ADA, "Ada", vec![own(1), own(2), own(3)]), (BOB, "Bob", vec![own(4)])] {
        let mut card = AccountCard::guest(id, &Name::parse(name).unwrap());
        if id == ADA {
            card = card.registered(&username("ada"));
        }
        state.put_account(id, Some(Account { card, head: Seq::new(9), conversations: 0 }));
        devices.iter().for_each(|own| state.put_device(own.id, Some(id)));
        state.put_own_devices(id, devices);
    }
    state.put_account(NOBODY, None);
    state.put_own_devices(NOBODY, Vec::new());
    state.put_username(username("ada"), Some(ADA));
    for name in ["bob", "eve"] {
        state.put_username(username(name), None);
    }
    for entrance in Entrance::ALL {
        state.put_ruling(Subject::Entrance(*entrance), None);
    }
    for (id, version) in [(ADA, Some(4)), (BOB, None), (NOBODY, None)] {
        state.put_ruling(Subject::Account(id), None);
        state.put_credential(id, version);
        state.put_recovery_code(id, GOOD, id == ADA);
        state.put_recovery_code(id, VOID, false);
    }
    state
}

fn command(account: AccountId, number: u128, command: Command) -> Request {
    let actor = Actor { account, device: device(number) };
    let fresh = ConversationId::new(Uuid::from_u128(0xf1));
    Request::Command { actor, command, hash: RequestHash([0; 16]), fresh }
}

fn register(account: AccountId, number: u128, name: &str) -> Request {
    let password = PasswordHash::new("hash");
    command(account, number, Command::Register { username: username(name), password })
}

fn new_device(number: u128) -> NewDevice {
    NewDevice { id: device(number), name: None, token: TokenHash([number as u8; 32]) }
}

fn sign_in(account: AccountId, verified: u64, number: u128) -> Request {
    Request::SignIn(SignIn { account, verified, device: new_device(number) })
}

fn recover(account: AccountId, code: RecoveryCodeHash, number: u128) -> Request {
    let password = PasswordHash::new("recovered");
    Request::Recover(Recover { account, code, password, device: new_device(number) })
}

/// Decides and applies; gives what happened in words, and the answer.
fn run(state: &mut State, request: &Request) -> Result<(Vec<String>, Reply), Problem> {
    needs(request, |need| assert!(state.holds(&need), "{need:?}"));
    let Decision { appends, reply, .. } = decide(state, request, at())?;
    let mut told = Vec::new();
    for append in &appends {
        assert_eq!(append.event.pos, state.head.next(), "positions have no gaps");
        let number = |id: &DeviceId| (1..99).find(|number| device(*number) == *id).unwrap();
        told.push(match (&append.event.body, &append.private) {
            (Body::DeviceAdded { device, .. }, Private::Device { .. }) => format!("+{}", number(device)),
            (Body::DeviceRemoved { device, .. }, Private::Nothing) => format!("-{}", number(device)),
            (Body::Account { change, .. }, Private::Password { version, used, .. }) => {
                format!("{change:?} {version} {}", used.is_some())
            }
            (
                Body::Account { change: AccountChange::RecoveryCodesMade, .. },
                Private::RecoveryCodes(codes),
            ) => {
                format!("{} codes", codes.len())
            }
            (Body::Account { change, card }, Private::Nothing) => format!("{change:?} v{}", card.version),
            (Body::GuestCreated { .. }, Private::Guest { .. }) => "guest".to_owned(),
            other => panic!("{other:?}"),
        });
        state.apply(append);
    }
    Ok((told, reply))
}

fn told(state: &mut State, request: &Request) -> Vec<String> {
    run(state, request).unwrap().0
}

fn code(state: &mut State, request: &Request) -> Code {
    let head = state.head;
    let code = run(state, request).unwrap_err().code;
    assert_eq!(state.head, head, "a refusal changes nothing");
    code
}

#[test]
fn a_guest_registers_once_under_a_name_that_is_free() {
    let mut state = state();
    assert_eq!(code(&mut state, &register(BOB, 4, "ada")), Code::UsernameTaken);
    assert_eq!(told(&mut state, &register(BOB, 4, "bob")), ["Registered 1 false"]);
    let (again, reply) = run(&mut state, &register(BOB, 4, "BOB")).unwrap();
    assert_eq!(again, [""; 0], "a retry changes nothing");
    let Reply::Account(card) = reply else { panic!("{reply:?}") };
    assert_eq!((card.username, card.version), (Some(username("bob")), 2));
    assert_eq!(code(&mut state, &register(BOB, 4, "eve")), Code::AlreadyRegistered);
    assert_eq!(code(&mut state, &register(ADA, 1, "bob")), Code::AlreadyRegistered);
    assert_eq!(told(&mut state, &sign_in(BOB, 1, 5)), ["+5"]);
}

#[test]
fn a_sign_up_is_a_guest_that_registers_at_once() {
    let mut state = state();
    let sign_up = |name: &str, number: u128| {
        Request::CreateGuest(CreateGuest {
            account: AccountId::new(Uuid::from_u128(0xe0 + number)),
            device: device(number),
            name: Name::parse("Eve").unwrap(),
            token: TokenHash([number as u8; 32]),
            idempotency: None,
            device_name: None,
            registration: Some(Registration {
                username: username(name),
                password: PasswordHash::new("hash"),
            }),
        })
    };
    assert_eq!(told(&mut state, &sign_up("eve", 7)), ["guest", "Registered 1 false"]);
    assert_eq!(code(&mut state, &sign_up("Eve", 8)), Code::UsernameTaken);
    assert_eq!(code(&mut state, &register(BOB, 4, "eve")), Code::UsernameTaken);
}

#[test]
fn only_the_present_password_counts() {
    let mut state = state();
    for (account, verified) in [(ADA, 3), (ADA, 5), (BOB, 1), (NOBODY, 1)] {
        assert_eq!(code(&mut state, &sign_in(account, verified, 5)), Code::WrongCredentials);
    }
    assert_eq!(told(&mut state, &sign_in(ADA, 4, 5)), ["+5"]);
    let change = |number, verified| {
        command(ADA, number, Command::ChangePassword { verified, password: PasswordHash::new("new") })
    };
    let codes = |account, number, verified| {
        command(account, number, Command::NewRecoveryCodes { verified, codes: vec![GOOD, VOID] })
    };
    assert_eq!(code(&mut state, &change(2, 3)), Code::WrongCredentials);
    assert_eq!(told(&mut state, &change(2, 4)), ["PasswordChanged 5 false", "-1", "-3", "-5"]);
    assert_eq!(code(&mut state, &change(2, 4)), Code::WrongCredentials);
    assert_eq!(code(&mut state, &change(1, 5)), Code::Unauthenticated);
    assert_eq!(code(&mut state, &codes(ADA, 2, 4)), Code::WrongCredentials);
    assert_eq!(code(&mut state, &codes(BOB, 4, 1)), Code::WrongCredentials, "a guest has no password");
    assert_eq!(told(&mut state, &codes(ADA, 2, 5)), ["2 codes"]);
}

#[test]
fn a_recovery_code_sets_the_password_and_signs_everyone_out() {
    let mut state = state();
    for (account, recovery) in [(ADA, VOID), (BOB, GOOD), (NOBODY, GOOD)] {
        assert_eq!(code(&mut state, &recover(account, recovery, 5)), Code::WrongCredentials);
    }
    let all = ["PasswordChanged 5 true", "-1", "-2", "-3", "+5"];
    assert_eq!(told(&mut state, &recover(ADA, GOOD, 5)), all);
    assert_eq!(code(&mut state, &recover(ADA, GOOD, 6)), Code::WrongCredentials, "it is used");
    assert_eq!(code(&mut state, &sign_in(ADA, 4, 6)), Code::WrongCredentials, "the old password");
    assert_eq!(told(&mut state, &sign_in(ADA, 5, 6)), ["+6"]);
}

#[test]
fn one_signs_out_own_devices_only() {
    let mut state = state();
    let remove = |number, target| command(ADA, number, Command::RemoveDevice { device: device(target) });
    let absent = run(&mut state, &remove(1, 77)).unwrap_err();
    assert_eq!(run(&mut state, &remove(1, 4)).unwrap_err(), absent, "Bob's");
    assert_eq!(absent.code, Code::NotFound);
    assert_eq!(told(&mut state, &remove(1, 2)), ["-2"]);
    assert_eq!(code(&mut state, &remove(1, 2)), Code::NotFound);
    assert_eq!(code(&mut state, &remove(2, 1)), Code::Unauthenticated);
    let others = command(ADA, 1, Command::RemoveOtherDevices);
    assert_eq!(told(&mut state, &others), ["-3"]);
    assert_eq!(told(&mut state, &others), [""; 0]);
    assert_eq!(told(&mut state, &remove(1, 1)), ["-1"], "itself");
}

#[test]
fn one_device_too_many_ends_the_one_unseen_longest() {
    let mut state = state();
    let full: Vec<_> = (0..DEVICES_MAX as u128).map(|number| own(10 + number)).rev().collect();
    state.put_own_devices(ADA, full);
    assert_eq!(told(&mut state, &sign_in(ADA, 4, 5)), ["-10", "+5"]);
    assert_eq!(told(&mut state, &sign_in(ADA, 4, 6)), ["-11", "+6"]);
}

#[test]
fn a_device_expires_only_while_it_is_unseen() {
    let mut state = state();
    let expire = |number, since| {
        let actor = Actor { account: ADA, device: device(number) };
        Request::ExpireDevice(ExpireDevice { actor, unseen_since: Timestamp::from_millis(since) })
    };
    assert_eq!(told(&mut state, &expire(2, 2)), [""; 0], "it was seen then");
    assert_eq!(told(&mut state, &expire(4, 99)), [""; 0], "another's");
    assert_eq!(told(&mut state, &expire(2, 3)), ["-2"]);
    assert_eq!(told(&mut state, &expire(2, 3)), [""; 0]);
}

#[test]
fn a_profile_has_a_version() {
    let mut state = state();
    let update = |name: &str| {
        let name = Some(Name::parse(name).unwrap());
        command(BOB, 4, Command::UpdateAccount { name, about: None, color: None })
    };
    assert_eq!(told(&mut state, &update("Bob")), [""; 0], "nothing changed");
    assert_eq!(told(&mut state, &update("Robert")), ["Updated v2"]);
    assert_eq!(told(&mut state, &update("Bоb")), ["Updated v3"]);
    let Reply::Account(card) = run(&mut state, &update("Bоb")).unwrap().1 else { panic!("no account") };
    assert!(card.lookalike && card.version == 3);
}
