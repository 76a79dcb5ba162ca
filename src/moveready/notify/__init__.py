"""Messages about a run, by mail or to a chat: what they say, to which channels, and how they are sent.

    channels = channels_from(["env:TEAMS_URL", "mailtos://user:password@smtp.contoso.com"], folder, os.environ)
    if is_worth_telling(past, run):
        failures = send_all(channels, message_of(run, past, link), [reports / "fleet.html"])

`message` and `channel` are pure. `sending` starts `child` once for each channel; only that process loads apprise.
"""
