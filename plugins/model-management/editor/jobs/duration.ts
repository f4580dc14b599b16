import { formatNumber } from '../format';

/** "0.4 s", "0:41", "12:05", "1:02:03": how long something took. */
export function durationText(durationMs: number): string {
  if (durationMs < 9_950) return `${formatNumber(Math.round(durationMs / 100) / 10, RED.i18n.lang())} s`;
  const seconds = Math.round(durationMs / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
