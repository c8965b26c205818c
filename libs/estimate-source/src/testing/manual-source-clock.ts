/** A clock that a test moves: timers run in their order when their time has come. */
export function manualSourceClock(startAt = 0) {
  let now = startAt;
  let timers: { at: number; run: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    after(delayMs: number, run: () => void) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((each) => each !== timer)) };
    },
    settle,
    timers: () => timers.length,
    async move(byMs: number): Promise<void> {
      const endAt = now + byMs;
      for (;;) {
        await settle();
        const [due] = timers.filter(({ at }) => at <= endAt).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers = timers.filter((each) => each !== due);
        now = Math.max(now, due.at);
        due.run();
      }
      now = endAt;
      await settle();
    },
  };
}
