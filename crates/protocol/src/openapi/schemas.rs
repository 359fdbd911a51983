//! The types of bodies as JSON Schema, from the types themselves.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::ProblemDocument;
use crate::*;

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let codes = Code::ALL.iter().map(|code| code.as_str());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl ToSchema for Code {}

/// `components/schemas` of the document.
pub(super) fn schemas() -> Value {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    macro_rules! types {
        ($($t:ty),* $(,)?) => {
            $( found.push((<$t as ToSchema>::name().into_owned(), <$t as PartialSchema>::schema()));
               <$t as ToSchema>::schemas(&mut found); )*
        };
    }
    // What these are made of comes with them.
    types!(
        GuestBody,
        GuestAnswer,
        SignUpBody,
        SignInBody,
        RecoveryBody,
        RegistrationBody,
        PasswordChangeBody,
        RecoveryCodesBody,
        DeletionBody,
        AccountUpdateBody,
        RecoveryCodesAnswer,
        DevicesAnswer,
        SessionAnswer,
        SessionsAnswer,
        RoomAnswer,
        SendBody,
        EditBody,
        SendAnswer,
        HistoryPage,
        MessageList,
        ReactionsPage,
        SyncPage,
        MarkBody,
        ReceiptsAnswer,
        ReadersPage,
        PreferencesBody,
        PreferencesCard,
        OwnSettingsBody,
        OwnSettingsCard,
        DraftBody,
        ConversationCard,
        GroupBody,
        SettingsBody,
        AddBody,
        AddAnswer,
        RoleBody,
        OwnerBody,
        MuteBody,
        MembersPage,
        BansPage,
        InviteBody,
        InviteAnswer,
        InvitesAnswer,
        InvitedAnswer,
        RoomsPage,
        DirectBody,
        BlocksPage,
        AckBody,
        PresenceBody,
        StreamViewBody,
        TypingBody,
        PresentPage,
        Poll,
        TicketAnswer,
        ServerAnswer,
        ServerAccountBody,
        ServerDeviceBody,
        DeviceTokenAnswer,
        ProblemDocument,
    );
    let mut all = Map::new();
    for (name, schema) in found {
        let mut schema = serde_json::to_value(schema).unwrap();
        forget_widths(&mut schema);
        let before = all.insert(name.clone(), schema.clone());
        assert!(before.is_none_or(|before| before == schema), "two types are called {name}");
    }
    Value::Object(all)
}

/// Rust's integers are not those that OpenAPI has formats for.
fn forget_widths(schema: &mut Value) {
    if let Value::Object(fields) = schema {
        if fields.get("format").is_some_and(|format| format == "int32" || format == "int64") {
            fields.remove("format");
        }
        fields.values_mut().for_each(forget_widths);
    } else if let Value::Array(elements) = schema {
        elements.iter_mut().for_each(forget_widths);
    }
}

/// A reference to one of them.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
