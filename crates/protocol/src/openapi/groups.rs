//! Routes about who is in a conversation and how it may be used.

use serde_json::{Value, json};

use super::operation::{Answer, Asker, Operation};
use super::routes::{ANY, BODY, KNOWN, conversation, in_path, json_body, no_body, optional};
use super::schemas::reference;
use crate::Code;
use crate::Code::*;

pub(super) fn operation(
    (path, method, id): (&'static str, &'static str, &'static str),
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<&'static str>,
    answer: Answer,
    problems: &'static [Code],
) -> Operation {
    let mut all = vec![ANY, KNOWN, problems];
    if body.is_some() {
        all.push(BODY);
    }
    Operation {
        path,
        method,
        id,
        summary,
        asker: Asker::Device,
        parameters,
        body,
        answers: vec![answer],
        problems: all,
    }
}

fn account() -> Value {
    in_path("account", "The account.", &reference("AccountId"))
}

fn token() -> Value {
    in_path("token", "The link's token.", &json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{22}$" }))
}

/// Of lists in the order of accounts' ids.
fn page() -> Vec<Value> {
    let limit = json!({ "type": "integer", "minimum": 1, "default": 100 });
    vec![
        conversation(),
        optional("query", "after", "The `next` of the page before.", &reference("AccountId")),
        optional("query", "limit", "Accounts at most; more than 200 is 200.", &limit),
    ]
}

pub(super) fn operations() -> Vec<Operation> {
    let done = || no_body(204, "It is so.");
    let card = |status| json_body(status, "The conversation.", "ConversationCard");
    vec![
        operation(
            ("/v1/groups", "post", "createGroup"),
            "Makes a group, which the caller owns.",
            Vec::new(),
            Some("GroupBody"),
            card(201),
            &[InvalidTitle, InvalidTopic, NotFound, ClientIdReused, TooManyGroups, TooManyConversations],
        ),
        operation(
            ("/v1/conversations/{id}", "get", "showConversation"),
            "A conversation that the caller is in.",
            vec![conversation()],
            None,
            card(200),
            &[NotFound],
        ),
        operation(
            ("/v1/conversations/{id}", "patch", "changeConversation"),
            "Changes what a conversation is called and how it may be used.",
            vec![conversation()],
            Some("SettingsBody"),
            card(200),
            &[InvalidTitle, InvalidTopic, Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/members", "get", "listMembers"),
            "Who is in a conversation, in the order of their ids.",
            page(),
            None,
            json_body(200, "A page.", "MembersPage"),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/members", "post", "addMembers"),
            "Brings others into a group.",
            vec![conversation()],
            Some("AddBody"),
            json_body(200, "What became of each.", "AddAnswer"),
            &[Forbidden, NotFound, GroupFull],
        ),
        operation(
            ("/v1/conversations/{id}/members/{account}", "delete", "removeMember"),
            "Sends a member away.",
            vec![conversation(), account()],
            None,
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/members/{account}/role", "put", "setRole"),
            "Gives a member another role.",
            vec![conversation(), account()],
            Some("RoleBody"),
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/owner", "post", "handOver"),
            "Makes another member the owner; the caller is an admin then.",
            vec![conversation()],
            Some("OwnerBody"),
            done(),
            &[Forbidden, NotFound, TooManyGroups],
        ),
        operation(
            ("/v1/conversations/{id}/bans", "get", "listBans"),
            "Who is kept out of a conversation, in the order of their ids.",
            page(),
            None,
            json_body(200, "A page.", "BansPage"),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/bans/{account}", "put", "ban"),
            "Sends an account away and keeps it out.",
            vec![conversation(), account()],
            None,
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/bans/{account}", "delete", "liftBan"),
            "Keeps an account out no more.",
            vec![conversation(), account()],
            None,
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/mutes/{account}", "put", "mute"),
            "Lets a member write nothing for a while.",
            vec![conversation(), account()],
            Some("MuteBody"),
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/mutes/{account}", "delete", "liftMute"),
            "Lets a member write again.",
            vec![conversation(), account()],
            None,
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/invites", "get", "listInvites"),
            "The links into a group that are good.",
            vec![conversation()],
            None,
            json_body(200, "All of them.", "InvitesAnswer"),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/invites", "post", "createInvite"),
            "Makes a link by which others come into a group.",
            vec![conversation()],
            Some("InviteBody"),
            json_body(201, "Its id and its token.", "InviteAnswer"),
            &[Forbidden, NotFound, TooManyInvites],
        ),
        operation(
            ("/v1/conversations/{id}/invites/{invite}", "delete", "revokeInvite"),
            "Makes a link void.",
            vec![conversation(), in_path("invite", "The link.", &reference("InviteId"))],
            None,
            done(),
            &[Forbidden, NotFound],
        ),
        operation(
            ("/v1/invites/{token}", "get", "showInvite"),
            "What a link leads into.",
            vec![token()],
            None,
            json_body(200, "The group.", "InvitedAnswer"),
            &[NotFound],
        ),
        operation(
            ("/v1/invites/{token}", "post", "acceptInvite"),
            "Comes into a group by a link.",
            vec![token()],
            None,
            json_body(200, "The group and its newest page.", "RoomAnswer"),
            &[NotFound, GroupFull, TooManyConversations],
        ),
    ]
}
