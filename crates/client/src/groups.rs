//! Who is in a conversation, and how it may be used.

use chinwag_protocol::{
    AccountId, AddAnswer, AddBody, BansPage, ConversationCard, ConversationId, GroupBody, InviteAnswer,
    InviteBody, InviteId, InvitedAnswer, InvitesAnswer, MembersPage, MuteBody, OwnerBody, Role, RoleBody,
    RoomAnswer, SettingsBody,
};
use http::Method;

use crate::client::with_json;
use crate::path::percent_encode;
use crate::{ClientError, Session};

impl Session {
    /// Makes a group. After a failure that may pass, send the same again: one is made.
    pub async fn create_group(&self, body: &GroupBody) -> Result<ConversationCard, ClientError> {
        self.client().ask(with_json(self.request(Method::POST, "/v1/groups")?, body)?).await
    }

    /// A conversation that the account is in.
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationCard, ClientError> {
        self.client().ask(self.request(Method::GET, &format!("/v1/conversations/{id}"))?).await
    }

    /// Changes what a conversation is called and how it may be used.
    pub async fn change_conversation(
        &self,
        id: ConversationId,
        body: &SettingsBody,
    ) -> Result<ConversationCard, ClientError> {
        let request = self.request(Method::PATCH, &format!("/v1/conversations/{id}"))?;
        self.client().ask(with_json(request, body)?).await
    }

    /// A page of who is in a conversation; `after` is the `next` of the page before.
    pub async fn members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<MembersPage, ClientError> {
        let path = format!("/v1/conversations/{id}/members?{}", page(after, limit));
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// Brings others into a group, at most 100 at a time.
    pub async fn add_members(
        &self,
        id: ConversationId,
        accounts: Vec<AccountId>,
    ) -> Result<AddAnswer, ClientError> {
        let request = self.request(Method::POST, &format!("/v1/conversations/{id}/members"))?;
        self.client().ask(with_json(request, &AddBody { accounts })?).await
    }

    /// Sends a member away.
    pub async fn remove_member(&self, id: ConversationId, account: AccountId) -> Result<(), ClientError> {
        self.done(Method::DELETE, &format!("/v1/conversations/{id}/members/{account}")).await
    }

    /// Gives a member another role.
    pub async fn set_role(
        &self,
        id: ConversationId,
        account: AccountId,
        role: Role,
    ) -> Result<(), ClientError> {
        let request = self.request(Method::PUT, &format!("/v1/conversations/{id}/members/{account}/role"))?;
        self.client().command(with_json(request, &RoleBody { role })?).await.map(drop)
    }

    /// Makes another member the owner.
    pub async fn hand_over(&self, id: ConversationId, account: AccountId) -> Result<(), ClientError> {
        let request = self.request(Method::POST, &format!("/v1/conversations/{id}/owner"))?;
        self.client().command(with_json(request, &OwnerBody { account })?).await.map(drop)
    }

    /// A page of who is kept out of a conversation; `after` is the `next` of the page before.
    pub async fn bans(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<BansPage, ClientError> {
        let path = format!("/v1/conversations/{id}/bans?{}", page(after, limit));
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// Sends an account away and keeps it out.
    pub async fn ban(&self, id: ConversationId, account: AccountId) -> Result<(), ClientError> {
        self.done(Method::PUT, &format!("/v1/conversations/{id}/bans/{account}")).await
    }

    /// Keeps an account out no more.
    pub async fn lift_ban(&self, id: ConversationId, account: AccountId) -> Result<(), ClientError> {
        self.done(Method::DELETE, &format!("/v1/conversations/{id}/bans/{account}")).await
    }

    /// Lets a member write nothing for so many seconds.
    pub async fn mute(
        &self,
        id: ConversationId,
        account: AccountId,
        seconds: u64,
    ) -> Result<(), ClientError> {
        let request = self.request(Method::PUT, &format!("/v1/conversations/{id}/mutes/{account}"))?;
        self.client().command(with_json(request, &MuteBody { seconds })?).await.map(drop)
    }

    /// Lets a member write again.
    pub async fn lift_mute(&self, id: ConversationId, account: AccountId) -> Result<(), ClientError> {
        self.done(Method::DELETE, &format!("/v1/conversations/{id}/mutes/{account}")).await
    }

    /// Makes a link by which others come into a group.
    pub async fn invite(&self, id: ConversationId, body: &InviteBody) -> Result<InviteAnswer, ClientError> {
        let request = self.request(Method::POST, &format!("/v1/conversations/{id}/invites"))?;
        self.client().ask(with_json(request, body)?).await
    }

    /// The links into a group that are good.
    pub async fn invites(&self, id: ConversationId) -> Result<InvitesAnswer, ClientError> {
        self.client().ask(self.request(Method::GET, &format!("/v1/conversations/{id}/invites"))?).await
    }

    /// Makes a link void.
    pub async fn revoke_invite(&self, id: ConversationId, invite: InviteId) -> Result<(), ClientError> {
        self.done(Method::DELETE, &format!("/v1/conversations/{id}/invites/{invite}")).await
    }

    /// What a link leads into.
    pub async fn invitation(&self, token: &str) -> Result<InvitedAnswer, ClientError> {
        let path = format!("/v1/invites/{}", percent_encode(token));
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// Comes into a group by a link.
    pub async fn accept_invite(&self, token: &str) -> Result<RoomAnswer, ClientError> {
        let path = format!("/v1/invites/{}", percent_encode(token));
        self.client().ask(self.request(Method::POST, &path)?).await
    }

    async fn done(&self, method: Method, path: &str) -> Result<(), ClientError> {
        self.client().command(self.request(method, path)?).await.map(drop)
    }
}

fn page(after: Option<AccountId>, limit: u32) -> String {
    match after {
        Some(after) => format!("after={after}&limit={limit}"),
        None => format!("limit={limit}"),
    }
}
