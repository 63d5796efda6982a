//! Requests with an ambiguous or malformed host: 400 at every entrance, and nothing reaches the MCP server.

use autoheal_gateway::Upstream;

use crate::app::spawn_app_with;
use crate::wire::{Server, Wire, in_time, proxy, proxy_for};

#[tokio::test]
async fn an_ambiguous_or_malformed_host_is_refused_at_every_entrance() {
    let server = Server::listen().await;
    let upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
    let app = spawn_app_with(|config| config.upstream = upstream).await;
    let proxies = [proxy(server.address).await, proxy_for(server.address, &["https://shop.example"], |_| {}).await];
    let entrances =
        [(app.address, "/"), (app.address, "/jsonrpc"), (app.address, "/readyz"), (app.address, "/nothing")];
    let entrances = entrances.into_iter().chain(proxies.iter().map(|proxy| (proxy.address, "/mcp")));
    for (address, path) in entrances {
        let (own, other) = (format!("host: {address}\r\n"), "host: evil.example\r\n");
        for (target, hosts) in [
            (path.to_owned(), format!("{own}{own}")),
            (path.to_owned(), format!("{own}{other}")),
            (path.to_owned(), format!("{other}Host: {address}\r\n")),
            (path.to_owned(), format!("host: a@{address}\r\n")),
            (path.to_owned(), format!("host: {address}, evil.example\r\n")),
            (path.to_owned(), format!("host: {address}/path\r\n")),
            (path.to_owned(), format!("host: {address} evil.example\r\n")),
            (path.to_owned(), "host:\r\n".to_owned()),
            (path.to_owned(), String::new()),
            (format!("http://evil.example{path}"), own.clone()),
            (format!("http://a@{address}{path}"), own.clone()),
            (format!("http://{address}{path}"), other.to_owned()),
        ] {
            let mut client = Wire::open(address).await;
            client.write(format!("GET {target} HTTP/1.1\r\n{hosts}\r\n")).await;
            let response = String::from_utf8(client.rest().await).unwrap();
            let case = format!("{target} with {hosts:?}: {response}");
            assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("nosniff"), "{case}");
            assert!(response.contains(r#"{"code":"invalid_host","message":""#), "{case}");
        }
    }
    // the first request that arrives is the valid one
    for proxy in &proxies {
        let mut client = Wire::open(proxy.address).await;
        client.write(format!("GET http://{0}/valid HTTP/1.1\r\nhost: {0}\r\n\r\n", proxy.address)).await;
        let head = in_time(server.accept()).await.head().await;
        assert!(head.starts_with("GET /valid HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("host: {}\r\n", server.address)), "{head}");
    }
}
