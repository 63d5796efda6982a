//! `OverHttp`: `Healed` for rmcp's streamable HTTP, which takes a handler of each method instead of a service.

#![expect(deprecated, reason = "what older clients still use is passed on as well")]

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CancelledNotificationParam, CompleteRequestParams,
    CompleteResult, CustomNotification, CustomRequest, CustomResult, DiscoverResult, GetPromptRequestParams,
    GetPromptResponse, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult, InitializeRequestParams,
    InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams, ReadResourceResponse,
    ServerConfig, SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
    UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler};

use super::Healed;
use super::call::Call;

type Asked = RequestContext<RoleServer>;
type Told = NotificationContext<RoleServer>;
type Answer<T> = Result<T, ErrorData>;
type Page = Option<PaginatedRequestParams>;

/// A server within [`Healed`] as a handler; see [`Healed::over_http`].
#[derive(Debug)]
pub struct OverHttp<S>(Healed<S>);

impl<S: ServerHandler> Healed<S> {
    /// A handler for rmcp's streamable HTTP. Each session is a server for others ([`Self::remote`]):
    /// `StreamableHttpService::new(|| Ok(Healed::new(server).over_http()), …)`.
    #[must_use]
    pub fn over_http(self) -> OverHttp<S> {
        OverHttp(if self.is_remote { self } else { self.remote() })
    }
}

/// Methods forwarded without reporting.
macro_rules! passed_on {
    ($($method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(async fn $method(&self, $($argument: $type),*) -> $result {
            self.0.server.$method($($argument),*).await
        })*
    };
}

/// Methods whose failures are reported, with the requested name and the arguments.
macro_rules! healed {
    ($($method:ident($params:ty) -> $result:ty: $wire:literal, |$asked:ident| $name:expr, $arguments:expr;)*) => {
        $(async fn $method(&self, $asked: $params, context: Asked) -> Answer<$result> {
            let (call, cancelled) = (Call::new($wire, $name, $arguments, &context), context.ct.clone());
            let handled = async move { self.0.server.$method($asked, context).await };
            self.0.heal(call, handled, || cancelled.is_cancelled()).await
        })*
    };
}

impl<S: ServerHandler> ServerHandler for OverHttp<S> {
    healed! {
        call_tool(CallToolRequestParams) -> CallToolResponse: "tools/call",
            |asked| Some(asked.name.to_string()), asked.arguments.as_ref();
        get_prompt(GetPromptRequestParams) -> GetPromptResponse: "prompts/get",
            |asked| Some(asked.name.clone()), asked.arguments.as_ref();
        read_resource(ReadResourceRequestParams) -> ReadResourceResponse: "resources/read",
            |asked| Some(asked.uri.clone()), None;
        initialize(InitializeRequestParams) -> InitializeResult: "initialize", |asked| None, None;
        complete(CompleteRequestParams) -> CompleteResult: "completion/complete", |asked| None, None;
        set_level(SetLevelRequestParams) -> (): "logging/setLevel", |asked| None, None;
        list_tools(Page) -> ListToolsResult: "tools/list", |asked| None, None;
        list_prompts(Page) -> ListPromptsResult: "prompts/list", |asked| None, None;
        list_resources(Page) -> ListResourcesResult: "resources/list", |asked| None, None;
        list_resource_templates(Page) -> ListResourceTemplatesResult: "resources/templates/list", |asked| None, None;
        subscribe(SubscribeRequestParams) -> (): "resources/subscribe", |asked| None, None;
        unsubscribe(UnsubscribeRequestParams) -> (): "resources/unsubscribe", |asked| None, None;
    }

    async fn on_custom_request(&self, asked: CustomRequest, context: Asked) -> Answer<CustomResult> {
        let (call, cancelled) = (Call::new(&asked.method, None, None, &context), context.ct.clone());
        let handled = async move { self.0.server.on_custom_request(asked, context).await };
        self.0.heal(call, handled, || cancelled.is_cancelled()).await
    }

    passed_on! {
        ping(context: Asked) -> Answer<()>;
        discover(context: Asked) -> Answer<DiscoverResult>;
        listen(context: SubscriptionContext) -> Answer<()>;
        get_task(asked: GetTaskParams, context: Asked) -> Answer<GetTaskResult>;
        update_task(asked: UpdateTaskParams, context: Asked) -> Answer<()>;
        cancel_task(asked: CancelTaskParams, context: Asked) -> Answer<()>;
        list_skills(asked: Page, context: Asked) -> Answer<ListSkillsResult>;
        get_skill(asked: GetSkillRequestParams, context: Asked) -> Answer<GetSkillResult>;
        read_resource_directory(asked: ReadResourceDirectoryRequestParams, context: Asked)
            -> Answer<ReadResourceDirectoryResult>;
        on_cancelled(told: CancelledNotificationParam, context: Told) -> ();
        on_progress(told: ProgressNotificationParam, context: Told) -> ();
        on_initialized(context: Told) -> ();
        on_roots_list_changed(context: Told) -> ();
        on_custom_notification(told: CustomNotification, context: Told) -> ();
    }

    fn negotiate_initialize(&self, asked: &InitializeRequestParams) -> Answer<InitializeResult> {
        self.0.server.negotiate_initialize(asked)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(&self.0.server)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.0.server.accepted_subscription_filter(requested)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.server.get_tool(name)
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.0.server)
    }
}
