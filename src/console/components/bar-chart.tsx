// Bars over days, drawn as SVG. The table beside it has the same numbers, so the picture is hidden from readers.
import { formatDay } from '../format';

interface BarChartProps {
  label: string;
  bars: readonly { day: string; value: number }[];
  format: (value: number) => string;
}

const HEIGHT = 200;
const WIDTH = 960;
/** Room for the labels of the axis. */
const LEFT = 76;
const BOTTOM = 24;
const TOP = 10;

export function BarChart({ label, bars, format }: BarChartProps) {
  const top = niceTop(Math.max(0, ...bars.map(({ value }) => value)));
  const slot = (WIDTH - LEFT) / Math.max(1, bars.length);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const labelEvery = Math.ceil(bars.length / 8);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, and what scrolls must be reached by the keyboard.
    <section class="chart-frame" tabIndex={0} aria-label={label}>
      <svg class="bar-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line x1={LEFT} x2={WIDTH} y1={y(top * share)} y2={y(top * share)} class="grid" />
            <text x={LEFT - 10} y={y(top * share) + 4} text-anchor="end">
              {format(top * share)}
            </text>
          </g>
        ))}
        {bars.map(({ day, value }, index) => (
          <g key={day}>
            <rect
              class="bar"
              x={LEFT + slot * index + slot * 0.18}
              y={y(value)}
              width={slot * 0.64}
              height={Math.max(value > 0 ? 1.5 : 0, y(0) - y(value))}
              rx={Math.min(2.5, slot * 0.2)}
            >
              <title>{`${formatDay(day)}: ${format(value)}`}</title>
            </rect>
            {index % labelEvery === 0 && (
              <text x={LEFT + slot * (index + 0.5)} y={HEIGHT - 5} text-anchor="middle">
                {formatDay(day)}
              </text>
            )}
          </g>
        ))}
      </svg>
    </section>
  );
}

/** The next of 1, 2, 5 × 10ⁿ: a top that the axis can name. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value) ?? 10;
  return factor * power;
}
