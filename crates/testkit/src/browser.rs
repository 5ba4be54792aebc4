use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// A headless Chromium with one page, driven through its pipe by the DevTools protocol.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    /// What the page did since it was opened.
    events: Vec<Value>,
    _profile: TempDir,
}

/// How long a browser may think before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Browser {
    /// Starts a browser; `None`, and a word on stderr that no test harness swallows, if there is none.
    /// `CHROMIUM` names one that lies elsewhere.
    pub fn start() -> Option<Self> {
        let Some(program) = find() else {
            let _ = std::io::stderr().write_all(b"SKIPPED: a browser test, since no chromium was found\n");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The browser reads commands from descriptor 3 and answers on 4. It shows nothing but pages made here,
        // and its sandbox does not work for root, which builds often are.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null", "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (commands, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let (session, events) = (None, Vec::new());
        let mut browser =
            Self { process, commands, messages, session, last_id: 0, events, _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session =
            browser.call("Target.attachToTarget", attach)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens a page and waits until it is there.
    pub fn open(&mut self, address: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": address }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// The value of a JavaScript expression in the page; that of a promise once it is there.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let arguments = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", arguments);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until a JavaScript condition holds.
    #[track_caller]
    pub fn wait_until(&mut self, condition: &str) {
        let seconds = PATIENCE.as_secs() / 2;
        let holds = self.value(&format!(
            "new Promise((done) => {{
                const began = performance.now();
                const look = () => {{
                    if ({condition}) return done(true);
                    if (performance.now() - began > {seconds} * 1000) return done(false);
                    setTimeout(look, 20);
                }};
                look();
            }})"
        ));
        assert_eq!(holds, true, "never came true: {condition}");
    }

    /// Clicks the middle of the first element that matches, as a mouse does.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let [x, y] = self.place(selector, 0.5);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Moves the mouse over the first element that matches, this share of its width from the left.
    #[track_caller]
    pub fn point_at(&mut self, selector: &str, share: f64) {
        let [x, y] = self.place(selector, share);
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    /// Presses a key: `Enter`, `ArrowRight`.
    pub fn press(&mut self, key: &str) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "text": text });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The size of the window, and whether the system prefers dark colours.
    pub fn look(&mut self, width: u32, height: u32, is_dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Errors of the page since it was opened: exceptions, and what was said on the console.
    pub fn problems(&mut self) -> Vec<String> {
        let names = ["Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"];
        let is_problem = |event: &&Value| names.iter().any(|name| event["method"] == *name);
        self.events.iter().filter(is_problem).map(Value::to_string).collect()
    }

    /// Addresses that were asked for since the page was opened, its own first.
    pub fn requests(&mut self) -> Vec<String> {
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        asked.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned)).collect()
    }

    #[track_caller]
    fn place(&mut self, selector: &str, share: f64) -> [f64; 2] {
        let place = self.value(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return [box.left + box.width * {share}, box.top + box.height / 2];
            }})()"
        ));
        serde_json::from_value(place).unwrap()
    }

    #[track_caller]
    fn call(&mut self, method: &str, arguments: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({ "id": id, "method": method, "params": arguments });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.receive();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    #[track_caller]
    fn receive(&mut self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the browser does not answer")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let starts = |program: &String| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    named.into_iter().chain(usual).find(starts)
}
