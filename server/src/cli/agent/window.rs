//! The token agent's window: the terminal that it was started in.

use std::io::{IsTerminal as _, stderr, stdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kaibiao_token_agent::person::{Answer, Person, Question, Told};
use zeroize::Zeroizing;

use super::super::passphrase::PassphraseArgs;

/// How long a question stands.
const PATIENCE: Duration = Duration::from_mins(5);
const LOOK: Duration = Duration::from_millis(200);

pub(super) struct Window {
    /// Answers for a person where there is no terminal: a key file's alone.
    given: Option<PassphraseArgs>,
    keyboard: Mutex<Keyboard>,
}

/// Lines of the standard input, read by a thread of its own, one when it is wanted:
/// so a question can end without one.
struct Keyboard {
    want: Sender<()>,
    lines: Receiver<Option<String>>,
    /// A line is wanted that has not come yet.
    wanted: bool,
}

impl Window {
    pub fn new(given: Option<PassphraseArgs>) -> Self {
        Self {
            given,
            keyboard: Mutex::new(Keyboard::start()),
        }
    }
}

impl Person for Window {
    fn tell(&self, told: &Told) {
        match told {
            Told::Code { page, code } => {
                let (start, end) = code.split_at(4);
                say(&format!(
                    "\n网页 {page} 请求连接。若是您在操作,请在网页中输入配对码:\n  The page {page} wants to connect. If that is you, enter this code there:\n\n      {start} {end}\n"
                ));
            }
            Told::Paired { page } => say(&format!("已连接 {page}。\n  Connected.")),
            Told::LoggedIn { page } => say(&format!("已为 {page} 签署登录。\n  Signed a login.")),
            Told::PinWrong { tries } => say(&format!(
                "PIN 不正确。{}\n  The PIN is wrong.{}",
                tries.map_or_else(String::new, |n| format!("还可以尝试 {n} 次。")),
                tries.map_or_else(String::new, |n| format!(" Tries left: {n}."))
            )),
            Told::Locked => say(
                "已锁定,下次使用时再输入 PIN。\n  Locked; the PIN is asked for at the next use.",
            ),
        }
    }

    fn confirm(&self, question: &Question, gone: &dyn Fn() -> bool) -> Answer {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        say(&shown(question));
        let answer = keyboard
            .line(gone)
            .map_or(Answer::Nobody, |line| question.answered(&line));
        say(match answer {
            Answer::Yes => "已同意。 Agreed.",
            Answer::Batch => "已同意,15 分钟内同类操作不再询问。 Agreed, for 15 minutes.",
            Answer::No => "已拒绝,没有签名。 Declined; nothing was signed.",
            Answer::Nobody => "无人应答,没有签名。 No answer; nothing was signed.",
        });
        answer
    }

    fn pin(&self, label: &str, tries: Option<u32>) -> Option<Zeroizing<String>> {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        let terminal = console::Term::stderr();
        if !terminal.is_term() || !stdin().is_terminal() {
            return self.given.as_ref()?.given().ok()?;
        }
        if let Some(left) = tries {
            let last = if left <= 1 {
                "(再错即锁死 the last one)"
            } else {
                ""
            };
            say(&format!("还可以尝试 {left} 次{last} tries left: {left}"));
        }
        if keyboard.wanted {
            say("请先按回车键。 Press Enter first.");
            keyboard.line(&|| false)?;
        }
        terminal.write_str(&format!("{label} 的 PIN: ")).ok()?;
        let entered = terminal.read_secure_line().map(Zeroizing::new).ok()?;
        (!entered.is_empty()).then_some(entered)
    }
}

impl Keyboard {
    fn start() -> Self {
        let (want, wanted) = channel::<()>();
        let (told, lines) = channel();
        std::thread::spawn(move || {
            while wanted.recv().is_ok() {
                let mut line = String::new();
                let read = stdin().read_line(&mut line);
                let ended = !matches!(read, Ok(length) if length > 0);
                if told.send((!ended).then_some(line)).is_err() || ended {
                    return;
                }
            }
        });
        Self {
            want,
            lines,
            wanted: false,
        }
    }

    /// The next line; none where it does not come in time, or nobody waits for it.
    fn line(&mut self, gone: &dyn Fn() -> bool) -> Option<String> {
        if !self.wanted {
            self.want.send(()).ok()?;
            self.wanted = true;
        }
        let end = Instant::now() + PATIENCE;
        while !gone() && Instant::now() < end {
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => {
                    self.wanted = false;
                    return line;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }
}

fn shown(question: &Question) -> String {
    let number = question.number;
    let mut text = format!(
        "\n{} 请求\n  {}\n  {}\n",
        question.page, question.zh, question.en
    );
    for (name, value) in &question.facts {
        text.push_str(&format!("    {name}: {value}\n"));
    }
    text.push_str(&format!(
        "同意请输入 {number:02} 并回车;其他输入即拒绝。\n  Enter {number:02} to agree; anything else declines.\n"
    ));
    if question.batch {
        text.push_str(&format!(
            "15 分钟内的同类操作一并同意,请输入 {number:02}+。\n  Enter {number:02}+ to agree to the same kind for 15 minutes.\n"
        ));
    }
    text
}

fn say(text: &str) {
    use std::io::Write as _;
    // A window that has gone away is no reason to stop.
    let _ = writeln!(stderr(), "{text}");
}
