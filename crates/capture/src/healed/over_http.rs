//! `OverHttp`: `Healed` for rmcp's streamable HTTP, which takes a `ServerHandler`, with a function per method, instead
//! of a service.

#![expect(deprecated, reason = "methods that only older clients use are forwarded too")]

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

type Context = RequestContext<RoleServer>;
type Response<T> = Result<T, ErrorData>;
type PageParams = Option<PaginatedRequestParams>;

/// A server within [`Healed`] as a handler; see [`Healed::over_http`].
#[derive(Debug)]
pub struct OverHttp<S>(Healed<S>);

impl<S: ServerHandler> Healed<S> {
    /// A handler for rmcp's streamable HTTP, as a remote server ([`Self::remote`]):
    /// `StreamableHttpService::new(|| Ok(Healed::new(server).over_http()), …)`.
    #[must_use]
    pub fn over_http(self) -> OverHttp<S> {
        OverHttp(if self.is_remote { self } else { self.remote() })
    }
}

/// Methods forwarded without reporting.
macro_rules! forwarded {
    ($($method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(async fn $method(&self, $($argument: $type),*) -> $result {
            self.0.server.$method($($argument),*).await
        })*
    };
}

/// Methods whose failures are reported, with the requested name and the arguments.
macro_rules! healed {
    ($($method:ident($params:ty) -> $result:ty: $wire:literal, |$request:ident| $name:expr, $arguments:expr;)*) => {
        $(async fn $method(&self, $request: $params, context: Context) -> Response<$result> {
            let (call, cancelled) = (Call::new($wire, $name, $arguments, &context), context.ct.clone());
            let handled = async move { self.0.server.$method($request, context).await };
            self.0.heal(call, handled, || cancelled.is_cancelled()).await
        })*
    };
}

impl<S: ServerHandler> ServerHandler for OverHttp<S> {
    healed! {
        call_tool(CallToolRequestParams) -> CallToolResponse: "tools/call",
            |request| Some(request.name.to_string()), request.arguments.as_ref();
        get_prompt(GetPromptRequestParams) -> GetPromptResponse: "prompts/get",
            |request| Some(request.name.clone()), request.arguments.as_ref();
        read_resource(ReadResourceRequestParams) -> ReadResourceResponse: "resources/read",
            |request| Some(request.uri.clone()), None;
        initialize(InitializeRequestParams) -> InitializeResult: "initialize", |request| None, None;
        complete(CompleteRequestParams) -> CompleteResult: "completion/complete", |request| None, None;
        set_level(SetLevelRequestParams) -> (): "logging/setLevel", |request| None, None;
        list_tools(PageParams) -> ListToolsResult: "tools/list", |request| None, None;
        list_prompts(PageParams) -> ListPromptsResult: "prompts/list", |request| None, None;
        list_resources(PageParams) -> ListResourcesResult: "resources/list", |request| None, None;
        list_resource_templates(PageParams) -> ListResourceTemplatesResult: "resources/templates/list",
            |request| None, None;
        subscribe(SubscribeRequestParams) -> (): "resources/subscribe", |request| None, None;
        unsubscribe(UnsubscribeRequestParams) -> (): "resources/unsubscribe", |request| None, None;
    }

    async fn on_custom_request(&self, request: CustomRequest, context: Context) -> Response<CustomResult> {
        let (call, cancelled) = (Call::new(&request.method, None, None, &context), context.ct.clone());
        let handled = async move { self.0.server.on_custom_request(request, context).await };
        self.0.heal(call, handled, || cancelled.is_cancelled()).await
    }

    forwarded! {
        ping(context: Context) -> Response<()>;
        discover(context: Context) -> Response<DiscoverResult>;
        listen(context: SubscriptionContext) -> Response<()>;
        get_task(request: GetTaskParams, context: Context) -> Response<GetTaskResult>;
        update_task(request: UpdateTaskParams, context: Context) -> Response<()>;
        cancel_task(request: CancelTaskParams, context: Context) -> Response<()>;
        list_skills(request: PageParams, context: Context) -> Response<ListSkillsResult>;
        get_skill(request: GetSkillRequestParams, context: Context) -> Response<GetSkillResult>;
        read_resource_directory(request: ReadResourceDirectoryRequestParams, context: Context)
            -> Response<ReadResourceDirectoryResult>;
        on_cancelled(notification: CancelledNotificationParam, context: NotificationContext<RoleServer>) -> ();
        on_progress(notification: ProgressNotificationParam, context: NotificationContext<RoleServer>) -> ();
        on_initialized(context: NotificationContext<RoleServer>) -> ();
        on_roots_list_changed(context: NotificationContext<RoleServer>) -> ();
        on_custom_notification(notification: CustomNotification, context: NotificationContext<RoleServer>) -> ();
    }

    fn negotiate_initialize(&self, request: &InitializeRequestParams) -> Response<InitializeResult> {
        self.0.server.negotiate_initialize(request)
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
