"""A conversation at the command line: what each line does, wherever the lines come from."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from ringup.attachments import Attachment, attach
from ringup.chats import Chat
from ringup.cli.approval import signature
from ringup.cli.exits import code, show
from ringup.cli.output import cut, note
from ringup.cli.setup import Setup
from ringup.cli.telling import close, count, dollars, gather, play, print_whole
from ringup.cli.toolbox import Toolbox
from ringup.client import Client
from ringup.errors import ConfigurationError, RingupError
from ringup.messages import Message, Text, ToolCall
from ringup.plan import Planner
from ringup.prompt import Prompt, read_prompt
from ringup.reply import Reply
from ringup.streams import Stream
from ringup.usage import Usage, add

__all__ = ["COMMANDS", "Talk"]


class Talk:
    """Takes lines: words for the model, or commands that begin with a slash. `code` is that of the first failure."""

    def __init__(self, client: Client, setup: Setup, toolbox: Toolbox) -> None:
        self._client = client
        self._setup = setup
        self._toolbox = toolbox
        self._chat: Chat = client.chat(**setup.params)
        self._failed = ""
        self._files: list[Attachment] = []
        self._replies: list[Reply] = []
        self._stopped = 0
        self.code = 0

    def hear(self, line: str) -> bool:
        """Do what a line says. False: it was the last."""
        text = line.strip()
        if text.lower() in ("quit", "exit", "/quit", "/exit"):
            return False
        if line.startswith("/"):
            self._try(lambda: self._command(text))
        elif text:
            self._try(lambda: self._say(text))
        return True

    def _try(self, act: Callable[[], None]) -> None:
        """An error is shown, and the chat goes on."""
        try:
            act()
        except (RingupError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            show(error)
            self.code = self.code or code(error)

    def _command(self, line: str) -> None:
        name, _, rest = line[1:].partition(" ")
        command = COMMANDS.get(name.lower())
        if command is None:
            near = [known for known in COMMANDS if known.startswith(name.lower()[:1])]
            hint = f"Did you mean /{near[0]}? " if near and name else ""
            raise ConfigurationError(
                f"there is no command /{name}.",
                advice=f"{hint}/help lists them; to say a line that begins with a slash, put a space before it.",
            )
        command[0](self, rest.strip())

    # What is said

    def _say(self, text: str) -> None:
        """One turn. Ctrl-C stops the reply, and keeps what came; a failed turn leaves the history as it was."""
        before = len(self._chat.messages)
        self._failed = text
        prompt: Prompt = [*self._files, text]
        stream = self._chat.stream(prompt, **self._toolbox.params)
        try:
            reply = self._show(stream)
        except KeyboardInterrupt:
            self._toolbox.stop()
            stream.close()
            self._stopped += 1
            if len(self._chat.messages) == before:
                self._keep(prompt, stream.partial)
            return
        self._failed, self._files = "", []
        self._replies.append(reply)
        close(reply, self._setup)

    def _show(self, stream: Stream) -> Reply:
        if not self._setup.wire:
            return play(stream, self._setup, self._toolbox)
        reply = gather(stream, self._toolbox)
        print_whole(reply, self._setup)
        return reply

    def _keep(self, prompt: Prompt, partial: Reply) -> None:
        """What came before Ctrl-C joins the history: its words, for half a thought can't go back."""
        said = tuple([part for part in partial.message.parts if isinstance(part, Text) and part.text])
        if not said:
            note("stopped before anything came: the turn isn't kept (/retry asks again)")
            return
        self._failed, self._files = "", []
        self._chat.keep(read_prompt(prompt), (Message("assistant", said),))
        note("stopped: what came is kept")

    # Commands

    def _model(self, name: str) -> None:
        if name:
            Planner(self._setup.provider, self._setup.base_url, None, {}).route(name)
            self._chat.params["model"] = name
        note(f"model: {self._chat.params.get('model') or 'none'}")

    def _system(self, text: str) -> None:
        if text == "-":
            self._chat.params.pop("system", None)
        elif text:
            self._chat.params["system"] = text
        note(f"system: {self._chat.params.get('system') or 'none'}")

    def _undo(self, _rest: str) -> None:
        taken = self._chat.undo()
        note(f"taken back: {_short(taken[0].text)}" if taken else "there is nothing to take back")

    def _retry(self, _rest: str) -> None:
        if self._failed:
            return self._say(self._failed)
        taken = self._chat.undo()
        if not taken:
            return note("there is nothing to ask again")
        before = len(self._chat.messages)
        self._files = [part for part in taken[0].parts if isinstance(part, Attachment)]
        note(f"asking again: {_short(taken[0].text)}")
        try:
            self._say(taken[0].text)
        finally:
            if len(self._chat.messages) == before:  # it failed: the old answer stays
                self._chat.add(*taken)
                self._failed, self._files = "", []
        return None

    def _resume(self, _rest: str) -> None:
        """Go on with a turn that was left before its tools ran. Ctrl-C leaves it there again."""
        if missing := [call.name for call in self._waiting() if call.name not in self._toolbox.functions]:
            raise ConfigurationError(
                f"the turn waits for tools that aren't here: {', '.join(missing)}.",
                advice="/tools module:function gives one; /undo takes the turn back.",
            )
        try:
            reply = self._chat.resume(**self._toolbox.params)
        except KeyboardInterrupt:
            self._toolbox.stop()
            return note("stopped: /resume asks you again, /undo takes the turn back")
        print_whole(reply, self._setup)
        self._replies.append(reply)
        return close(reply, self._setup)

    def _waiting(self) -> tuple[ToolCall, ...]:
        """The calls of tools that the conversation ends with."""
        return self._chat.messages[-1].tool_calls if self._chat.messages else ()

    def _tools(self, named: str) -> None:
        if named:
            self._toolbox.add(named)
        for found in self._toolbox.functions.values():
            note(cut(found.tool.description or "", before=f"  {signature(found)}  "))
        if not self._toolbox.functions:
            note("no tools: /tools module:function gives one")

    def _attach(self, name: str) -> None:
        if name:
            self._files.append(attach(name if "://" in name else _path(name, "/attach")))
        waiting = len(self._files)
        note(f"{waiting} file{'' if waiting == 1 else 's'} for the next turn" if waiting else "no file is attached")

    def _save(self, path: str) -> None:
        target = _path(path, "/save")
        if target.exists():
            self._check_conversation(target)
        self._chat.save(target)
        note(f"saved {self._turns()} to {target}")

    def _check_conversation(self, target: Path) -> None:
        try:
            self._client.load_chat(target)
        except ConfigurationError:
            raise ConfigurationError(
                f"{target} is there already, and isn't a saved conversation.", advice="Choose another name."
            ) from None

    def _load(self, path: str) -> None:
        source = _path(path, "/load")
        self._chat = self._client.load_chat(source)
        self._failed = ""
        note(f"loaded {self._turns()} from {source}, with {self._chat.params.get('model') or 'no model'}")
        if self._waiting():
            note("it waits for tools: /resume goes on with them, /undo takes the turn back")

    def _turns(self) -> str:
        turns = sum(message.role == "user" for message in self._chat.messages)
        return f"{turns} turn{'' if turns == 1 else 's'}"

    def _usage(self, _rest: str) -> None:
        if not self._replies and not self._stopped:
            return note("nothing was answered yet")
        usage = Usage(input_tokens=0, output_tokens=0)
        for reply in self._replies:
            usage = add(usage, reply.usage)
        tokens = f"{count(usage.input_tokens)} tokens in, {count(usage.output_tokens)} out"
        stopped = f" · and {self._stopped} stopped, whose tokens aren't known" if self._stopped else ""
        return note(f"answers: {len(self._replies)} · {tokens} · {_cost(self._replies)}{stopped}")

    def _help(self, _rest: str) -> None:
        for name, (_, usage, what) in COMMANDS.items():
            note(f"  {f'/{name} {usage}':18} {what}")
        note("  Enter sends. Alt-Enter, or \\ at the end of a line, begins a new line.")
        note("  Ctrl-C stops a reply, and keeps what came. Ctrl-D, or quit, leaves.")


COMMANDS: dict[str, tuple[Callable[[Talk, str], None], str, str]] = {
    "model": (Talk._model, "[NAME]", "show or change who is asked"),
    "system": (Talk._system, "[TEXT]", "show or change the instruction; - takes it away"),
    "attach": (Talk._attach, "FILE", "send a file, or what stands at a URL, with the next turn"),
    "tools": (Talk._tools, "[NAME]", "show the tools; add module:function"),
    "resume": (Talk._resume, "", "go on with a turn that was left before its tools ran"),
    "undo": (Talk._undo, "", "take the last turn back"),
    "retry": (Talk._retry, "", "ask the last question again"),
    "save": (Talk._save, "FILE", "write the conversation to a file"),
    "load": (Talk._load, "FILE", "go on with a saved conversation"),
    "usage": (Talk._usage, "", "tokens and cost so far"),
    "help": (Talk._help, "", "this list"),
}
"""Each command: what it does, what it takes, and a line of help."""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."


def _path(path: str, command: str) -> Path:
    if not path:
        raise ConfigurationError(f"{command} needs the name of a file.", advice=f"For example: {command} talk.json")
    return Path(path.strip("'\"")).expanduser()


def _cost(replies: list[Reply]) -> str:
    if all(reply.provider == "sim" for reply in replies):
        return "free"
    costs = [Decimal(0) if reply.provider == "sim" else reply.cost for reply in replies]
    known = [cost for cost in costs if cost is not None]
    return dollars(sum(known, Decimal(0))) if len(known) == len(costs) else "cost unknown"
