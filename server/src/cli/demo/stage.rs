//! The machinery of the demonstration: participants are processes of this same
//! program, each with its own folder, and everything they do goes through the
//! server's interface.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_crypto::Suite;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A participant: a folder, a key file, a name.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the narration calls it.
    pub name: &'static str,
    pub folder: PathBuf,
    /// Its .p12, whose passphrase stands in `passphrase` beside it.
    pub key: PathBuf,
    pub code: String,
}

/// Where the story plays.
pub struct Stage {
    pub folder: PathBuf,
    pub url: String,
    /// Size of the largest document in MB.
    pub large: u64,
    /// The suite of its projects, and of everybody's certificate.
    pub suite: Suite,
    program: PathBuf,
    json: bool,
    began: Instant,
    scene: Cell<u32>,
    steps: Cell<u32>,
    acts: RefCell<Vec<Value>>,
}

/// A command that did not get through is given again for so long.
const PATIENCE: Duration = Duration::from_mins(2);

impl Stage {
    pub fn new(
        folder: PathBuf,
        url: String,
        large: u64,
        suite: Suite,
        json: bool,
    ) -> Outcome<Self> {
        let program = std::env::current_exe().map_err(Failure::unexpected)?;
        Ok(Stage {
            folder,
            url,
            large,
            suite,
            program,
            json,
            began: Instant::now(),
            scene: Cell::new(0),
            steps: Cell::new(0),
            acts: RefCell::default(),
        })
    }

    /// How many things participants have done.
    pub fn steps(&self) -> u32 {
        self.steps.get()
    }

    /// What they have done: who, what, when (UTC ms), how long it took in ms, and how often
    /// the command had to be given again.
    pub fn acts(&self) -> Vec<Value> {
        self.acts.borrow().clone()
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Begins a new scene of the story.
    pub fn scene(&self, zh: &str, en: &str) {
        self.scene.set(self.scene.get() + 1);
        self.print(&format!("\n━━ {} {zh}\n   {en}", self.scene.get()));
    }

    /// Tells something.
    pub fn tell(&self, zh: impl AsRef<str>, en: impl AsRef<str>) {
        self.print(&format!("   {} · {}", zh.as_ref(), en.as_ref()));
    }

    /// Prints to the terminal, with the time since the beginning.
    pub fn print(&self, text: &str) {
        if self.json {
            eprintln!("{text}");
        } else {
            println!("{text}");
        }
    }

    /// Has a participant do something that must succeed, and returns its
    /// result.
    pub async fn run(&self, person: &Person, arguments: &[&str]) -> Outcome<Value> {
        let done = self.attempt(person, arguments).await?;
        Self::succeeded(person, arguments, done)
    }

    /// The same of something that is refused with `not_yet` for a while.
    pub async fn run_when(
        &self,
        person: &Person,
        arguments: &[&str],
        not_yet: &str,
    ) -> Outcome<Value> {
        self.show(person, arguments);
        let began = Instant::now();
        loop {
            let done = self.perform(person, arguments).await?;
            let waits = done.result["error"]["code"] == not_yet;
            if !waits || began.elapsed() > Duration::from_mins(1) {
                return Self::succeeded(person, arguments, done);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn succeeded(person: &Person, arguments: &[&str], done: Done) -> Outcome<Value> {
        if done.success {
            return Ok(done.result);
        }
        Err(Failure::new(
            Kind::Unexpected,
            "step-failed",
            format!(
                "步骤失败:{} {}\n{}",
                person.name,
                arguments.join(" "),
                done.words
            ),
            format!("Step failed: {} {}", person.name, arguments.join(" ")),
        ))
    }

    /// Has a participant try something that must be refused with `code`.
    pub async fn refused(&self, person: &Person, arguments: &[&str], code: &str) -> Outcome<()> {
        let done = self.attempt(person, arguments).await?;
        let got = done.result["error"]["code"].as_str().unwrap_or_default();
        if !done.success && got == code {
            let said = done.result["error"]["zh"].as_str().unwrap_or_default();
            self.print(&format!("      ✗ 拒绝 refused [{code}] {said}"));
            return Ok(());
        }
        Err(Failure::new(
            Kind::Unexpected,
            "not-refused",
            format!(
                "本应以 {code} 拒绝,实际为“{got}”:{} {}\n{}",
                person.name,
                arguments.join(" "),
                done.words
            ),
            format!("Should have been refused with {code}, was \"{got}\""),
        ))
    }

    /// Starts a participant's process that goes on; its lines are printed
    /// behind `prefix` when that is not empty.
    pub fn start(
        &self,
        person: &Person,
        arguments: &[&str],
        prefix: &'static str,
    ) -> Outcome<Child> {
        self.show(person, arguments);
        let mut command = self.command(person, arguments, false);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::unexpected)?;
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward(BufReader::new(stderr), prefix));
        }
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(forward(BufReader::new(stdout), prefix));
        }
        Ok(child)
    }

    async fn attempt(&self, person: &Person, arguments: &[&str]) -> Outcome<Done> {
        self.show(person, arguments);
        self.perform(person, arguments).await
    }

    /// Gives the command, and again where the platform was not reached or could not say what
    /// became of it, as a person would.
    async fn perform(&self, person: &Person, arguments: &[&str]) -> Outcome<Done> {
        let (at, began) = (jiff::Timestamp::now().as_millisecond(), Instant::now());
        let mut again = 0;
        let done = loop {
            let done = self.once(person, arguments).await?;
            if !done.may_pass || began.elapsed() > PATIENCE {
                break done;
            }
            again += 1;
            let code = done.result["error"]["code"].as_str().unwrap_or_default();
            self.print(&format!("      ↻ 再试 again [{code}]"));
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        self.acts.borrow_mut().push(serde_json::json!({
            "at": at,
            "who": person.name,
            "command": self.words(arguments),
            "millis": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "again": again,
        }));
        Ok(done)
    }

    async fn once(&self, person: &Person, arguments: &[&str]) -> Outcome<Done> {
        let began = Instant::now();
        let mut command = self.command(person, arguments, true);
        // Progress bars suit a terminal only. Elsewhere the output is kept, so
        // that a failure can be explained.
        let watched = std::io::IsTerminal::is_terminal(&std::io::stderr());
        command.stdout(Stdio::piped()).stderr(if watched {
            Stdio::inherit()
        } else {
            Stdio::piped()
        });
        let output = command.output().await.map_err(Failure::unexpected)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        let took = began.elapsed();
        if took > Duration::from_secs(3) {
            self.print(&format!("      … {:.1} s", took.as_secs_f64()));
        }
        let result: Value = serde_json::from_str(last).unwrap_or(Value::Null);
        let is_network = output.status.code() == Some(Kind::Network as i32);
        Ok(Done {
            success: output.status.success(),
            // An upload that was cut on purpose is none.
            may_pass: is_network && result["error"]["code"] != "cut",
            result,
            words: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn command(&self, person: &Person, arguments: &[&str], json: bool) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&person.folder)
            .env("KAIBIAO_SERVER", &self.url)
            .env("KAIBIAO_KEY", &person.key)
            .env("KAIBIAO_PASSPHRASE_FILE", person.folder.join("passphrase"))
            .env("KAIBIAO_CA", self.folder.join("trust"))
            .env("KAIBIAO_STATE", person.folder.join("state"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if json {
            command.arg("--json");
        }
        command
    }

    fn show(&self, person: &Person, arguments: &[&str]) {
        self.steps.set(self.steps.get() + 1);
        self.print(&format!(
            "   {:>4}s {}$ kaibiao {}",
            self.seconds(),
            person.name,
            self.words(arguments)
        ));
    }

    /// A command as it is shown.
    fn words(&self, arguments: &[&str]) -> String {
        let shown: Vec<String> = arguments
            .iter()
            .map(|argument| {
                let short = short(argument, &self.folder);
                if short.contains([' ', '。', ',']) {
                    format!("'{short}'")
                } else {
                    short
                }
            })
            .collect();
        shown.join(" ")
    }
}

struct Done {
    success: bool,
    /// Whether trying again helps.
    may_pass: bool,
    result: Value,
    words: String,
}

/// A path under the stage's folder as its last component.
fn short(argument: &str, folder: &Path) -> String {
    let path = Path::new(argument);
    match path.file_name() {
        Some(name) if path.starts_with(folder) => name.to_string_lossy().into_owned(),
        _ => argument.to_owned(),
    }
}

async fn forward(reader: BufReader<impl tokio::io::AsyncRead + Unpin>, prefix: &'static str) {
    let mut lines = reader.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if !prefix.is_empty() {
            println!("      {prefix} {line}");
        }
    }
}
