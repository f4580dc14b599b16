import { useEffect, useRef } from 'preact/hooks';
import { linePlot, type PlotState } from './line-plot';
import { onThemeChange } from './plot-colours';

/**
 * A line over named steps, drawn in the theme's colours and drawn again when those or its room change. It is a picture:
 * what it tells has to stand beside it in words.
 */
export function LineChart({
  onPoint,
  ...state
}: PlotState & {
  /** The step below the pointer. */
  readonly onPoint: (index: number) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<ReturnType<typeof linePlot>>(undefined);
  const current = useRef({ state, onPoint });
  current.current = { state, onPoint };
  useEffect(() => {
    const { current: element } = host;
    if (!element) return undefined;
    const own = linePlot(
      element,
      () => current.current.state,
      (index) => current.current.onPoint(index),
    );
    plot.current = own;
    const room = new ResizeObserver(() => own.resize());
    room.observe(element);
    const stopFollowing = onThemeChange(() => own.redraw());
    return () => {
      room.disconnect();
      stopFollowing();
      own.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.update(), [JSON.stringify(state.points)]);
  useEffect(() => plot.current?.redraw(), [state.cursor]);
  return <div ref={host} class="mm-plot" aria-hidden="true" />;
}
