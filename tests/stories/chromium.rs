//! A real browser: headless Chromium, driven through chromedriver.

use std::{
    fs,
    path::Path,
    str::FromStr,
    sync::LazyLock,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator,
    error::NewSessionError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use local::{guarded::Guarded, ministack::free_port, python, workspace};
use reqwest::Url;
use serde_json::{Value, json};

/// Time that a page may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One window of a browser of its own.
pub(crate) struct Window {
    client: Client,
    _driver: Guarded,
}

/// A size and a colour scheme in which a page is looked at. The width is in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) scheme: &'static str,
}

/// A phone and a desktop, each in light and dark colours.
pub(crate) const LOOKS: [Look; 4] = [
    Look { name: "phone-light", width: 390, scheme: "light" },
    Look { name: "phone-dark", width: 390, scheme: "dark" },
    Look { name: "desktop-light", width: 1280, scheme: "light" },
    Look { name: "desktop-dark", width: 1280, scheme: "dark" },
];

impl Window {
    /// Opens a window. `None` on a machine without a browser, where the story is skipped, unless
    /// `PORTCULLIS_BROWSER` demands a browser.
    pub(crate) async fn open() -> Option<Self> {
        if !is_there("chromedriver") {
            let required = aws::config::setting("PORTCULLIS_BROWSER").is_ok();
            assert!(!required, "there is no chromedriver on the PATH");
            skipped();
            return None;
        }
        let port = free_port().unwrap();
        let folder = workspace::folder().join(format!("browser-{port}"));
        let home = folder.to_string_lossy().into_owned();
        let command = ["chromedriver", &format!("--port={port}")];
        let driver =
            Guarded::start("python3".as_ref(), &command, &[("HOME", &home)], folder).unwrap();
        let begun = Instant::now();
        let client = loop {
            match connect(port).await {
                Ok(client) => break client,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}: {}", driver.log()),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        Some(Self { client, _driver: driver })
    }

    /// Goes to a page.
    pub(crate) async fn goes_to(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Shows a page that is on no server, such as a mail.
    pub(crate) async fn reads(&self, html: &str) {
        self.client.goto("about:blank").await.unwrap();
        let write = "document.open(); document.write(arguments[0]); document.close()";
        self.runs(write, vec![json!(html)]).await;
    }

    pub(crate) async fn clicks(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    pub(crate) async fn types(&self, css: &str, text: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Presses each element of this kind, one after the other, and returns their number.
    pub(crate) async fn presses_every(&self, css: &str) -> usize {
        let found = self.client.find_all(Locator::Css(css)).await.unwrap().len();
        for number in 0..found {
            let again = self.client.find_all(Locator::Css(css)).await.unwrap();
            if let Some(one) = again.get(number) {
                // Scanners pass over elements that cannot be pressed.
                _ = one.clone().click().await;
            }
        }
        found
    }

    /// Switches the scripts of pages `on` or `off`, from the next page on.
    pub(crate) async fn scripts(&self, are: &str) {
        let off = are == "off";
        self.tells("Emulation.setScriptExecutionDisabled", json!({ "value": off })).await;
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn presses(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// The element with the focus: its tag, and its id or value.
    pub(crate) async fn focus(&self) -> String {
        let script =
            "const e = document.activeElement; return e.tagName + ' ' + (e.id || e.value || '')";
        self.runs(script, vec![]).await.as_str().unwrap().to_owned()
    }

    /// Waits until the page contains these words, and returns its whole text.
    pub(crate) async fn sees(&self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "the page does not say `{words}`: {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The text of the page.
    pub(crate) async fn text(&self) -> String {
        let text = self.runs("return document.body ? document.body.innerText : ''", vec![]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The text of the first frame of the page.
    pub(crate) async fn framed(&self) -> String {
        let frame = self.client.find(Locator::Css("iframe")).await.unwrap();
        frame.enter_frame().await.unwrap();
        let text = self.text().await;
        self.client.enter_parent_frame().await.unwrap();
        text
    }

    /// The URL of the page.
    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().into()
    }

    /// Runs a script in the page, as a scanner that runs scripts does.
    pub(crate) async fn runs(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Sets the width of the window in CSS pixels, and its colour scheme.
    pub(crate) async fn looks(&self, width: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tells("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tells("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Checks the page against the rules of accessibility at the width of a phone, and takes a
    /// picture in each look. Also checks that the page fits into 320 pixels.
    pub(crate) async fn is_fine(&self, name: &str) {
        for look in LOOKS {
            self.looks(look.width, look.scheme).await;
            if look.width < 600 {
                self.has_no_violation(&format!("{name}, {}", look.name)).await;
            }
            self.pictured(&format!("{name}-{}", look.name)).await;
        }
        self.looks(320, "light").await;
        let width = self.runs("return document.documentElement.scrollWidth", vec![]).await;
        assert!(width.as_u64().unwrap() <= 320, "{name} is {width} wide at 320");
        self.looks(390, "light").await;
    }

    async fn has_no_violation(&self, name: &str) {
        if self.runs("return !window.axe", vec![]).await == true {
            self.runs(AXE.as_str(), vec![]).await;
        }
        let script = "const done = arguments[0];
            axe.run({ resultTypes: ['violations'] }).then(found => done(found.violations.map(
                v => v.id + ': ' + v.help + ': ' + v.nodes.map(n => n.html).join(' | '))))";
        let found = self.client.execute_async(script, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{name}");
    }

    async fn pictured(&self, name: &str) {
        let picture = json!({ "captureBeyondViewport": true });
        let answer = self.tells("Page.captureScreenshot", picture).await;
        let bytes = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        let folder = workspace::root().join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    async fn tells(&self, command: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(Cdp { command, parameters }).await.unwrap()
    }

    /// Closes the window.
    pub(crate) async fn closes(self) {
        self.client.close().await.unwrap();
    }
}

/// The script with the rules of accessibility.
static AXE: LazyLock<String> = LazyLock::new(|| python::axe().unwrap());

async fn connect(port: u16) -> Result<Client, NewSessionError> {
    // Only this machine can be reached. Names below `localhost` lead to it.
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        // Our pages have to refuse other pages themselves, without Chromium's checks for addresses
        // of this machine.
        "--disable-features=LocalNetworkAccessChecks",
        "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(&format!("http://127.0.0.1:{port}")).await
}

fn is_there(program: &str) -> bool {
    let path = aws::config::setting("PATH").unwrap();
    path.split(':').any(|folder| Path::new(folder).join(program).exists())
}

#[expect(clippy::print_stderr, reason = "nobody should believe it was tried")]
fn skipped() {
    eprintln!("NOT TRIED: there is no chromedriver here (Debian: chromium, chromium-driver)");
}

/// A command of the protocol of Chrome's developer tools, which chromedriver passes on.
#[derive(Debug)]
struct Cdp {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}
