/** The player's cursor over a project's steps, and how it plays. */
import { computed, type ComputedRef, onScopeDispose, type Ref, ref, type ShallowRef, shallowRef, watch } from "vue";
import { api, data, type Schemas } from "@/api";
import { advance, type Cursor, cursorAt, ofActor, type Speed, STEP, type Step } from "./player";

/** How often the clock of the past ticks while it plays, ms. */
const TICK = 250;

export interface Player {
  readonly steps: ShallowRef<readonly Step[]>;
  /** Those of the chosen actor, over which the cursor walks. */
  readonly walked: ComputedRef<readonly Step[]>;
  /** The place among them, from 0; -1 before the first. */
  readonly index: ComputedRef<number>;
  readonly onlookers: ShallowRef<readonly Schemas["ReplayOnlooker"][]>;
  readonly cursor: ShallowRef<Cursor | undefined>;
  readonly actor: Ref<string>;
  readonly speed: Ref<Speed>;
  readonly playing: Ref<boolean>;
  readonly problem: ShallowRef<unknown>;
  /** To a place among the walked steps. */
  walk(index: number): void;
  /** After an event. */
  go(seq: number): void;
  goTo(instant: number): void;
  play(): void;
  pause(): void;
  more(): Promise<void>;
}

/** `size`: how many events there are, as far as is known; it grows while the opening goes on. */
export function usePlayer(project: string, size: Readonly<Ref<number>>, begin: number | undefined): Player {
  const steps = shallowRef<readonly Step[]>([]);
  const onlookers = shallowRef<readonly Schemas["ReplayOnlooker"][]>([]);
  const cursor = shallowRef<Cursor>();
  const actor = ref("");
  const speed = ref<Speed>("step");
  const playing = ref(false);
  const problem = shallowRef<unknown>();
  let asking: Promise<void> | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  const walked = computed(() => ofActor(steps.value, actor.value));
  const index = computed(() => walked.value.findLastIndex((step) => step.seq <= (cursor.value?.seq ?? 0)));

  function more(): Promise<void> {
    asking ??= fetchAll().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function fetchAll(): Promise<void> {
    try {
      for (;;) {
        const query = { after: steps.value.at(-1)?.seq ?? 0 };
        const page = await data(api.GET("/api/v1/projects/{project}/replay/steps", { params: { path: { project }, query } }));
        onlookers.value = page.onlookers;
        if (page.steps.length > 0) steps.value = [...steps.value, ...page.steps];
        if (!cursor.value && page.steps.length > 0 && (steps.value.at(-1)?.seq ?? 0) >= (begin ?? 0)) start();
        if (page.steps.length === 0 || (steps.value.at(-1)?.seq ?? 0) >= page.size) break;
      }
      problem.value = undefined;
    } catch (error) {
      problem.value = error;
    }
  }

  /** Where it was left, or at T0. */
  function start(): void {
    const t0 = steps.value.find((step) => step.kind === "deadline_reached");
    go(begin ?? t0?.seq ?? 1);
  }

  function go(seq: number): void {
    const step = steps.value.find((it) => it.seq === seq);
    if (step) cursor.value = { seq, now: step.time };
  }

  function walk(to: number): void {
    const step = walked.value[Math.min(Math.max(0, to), walked.value.length - 1)];
    if (step) go(step.seq);
  }

  function goTo(instant: number): void {
    cursor.value = cursorAt(steps.value, instant) ?? cursor.value;
  }

  const isLast = () => (speed.value === "step" ? index.value >= walked.value.length - 1 : cursor.value?.seq === steps.value.at(-1)?.seq);

  function play(): void {
    if (isLast()) walk(0);
    playing.value = true;
    run();
  }

  function run(): void {
    clearInterval(timer);
    timer = setInterval(pass, speed.value === "step" ? STEP : TICK);
  }

  function pass(): void {
    if (isLast()) pause();
    else if (speed.value === "step") walk(index.value + 1);
    else goTo(advance(steps.value, cursor.value?.now ?? 0, TICK, speed.value));
  }

  function pause(): void {
    clearInterval(timer);
    playing.value = false;
  }

  watch(speed, () => playing.value && run());
  watch(
    size,
    (known) => {
      if (known === 0 || known > (steps.value.at(-1)?.seq ?? 0)) void more();
    },
    { immediate: true },
  );
  onScopeDispose(pause);
  return { steps, walked, index, onlookers, cursor, actor, speed, playing, problem, walk, go, goTo, play, pause, more };
}
