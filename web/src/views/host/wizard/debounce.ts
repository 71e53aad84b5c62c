/** Calls a function once things have been quiet for a while. */
interface Debounced {
  (): void;
  /** Calls now, if a call is due. */
  flush(): void;
  cancel(): void;
}

export function debounce(call: () => void, quiet: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const debounced = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      call();
    }, quiet);
  };
  return Object.assign(debounced, {
    flush: () => {
      if (timer === undefined) return;
      cancel();
      call();
    },
    cancel,
  });

  function cancel(): void {
    clearTimeout(timer);
    timer = undefined;
  }
}
