// Bars over days, drawn as SVG. The table beside it has the same numbers, so the picture is hidden from readers.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDay } from '../format';

interface BarChartProps {
  bars: readonly { day: string; value: number }[];
  format: (value: number) => string;
}

const HEIGHT = 200;
/** Room for the labels of the axis. */
const LEFT = 76;
const BOTTOM = 24;
const TOP = 10;
/** A date below takes about this much. */
const LABEL_WIDTH = 100;

export function BarChart({ bars, format }: BarChartProps) {
  const { element, width } = useWidth();
  const top = niceTop(Math.max(0, ...bars.map(({ value }) => value)));
  const slot = Math.max(0, width - LEFT) / Math.max(1, bars.length);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const labelEvery = Math.max(1, Math.ceil(LABEL_WIDTH / slot));
  return (
    <svg ref={element} class="bar-chart" height={HEIGHT} aria-hidden="true">
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={width} y1={y(top * share)} y2={y(top * share)} class="grid" />
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
          {/* Counted from today, which is always named. */}
          {(bars.length - 1 - index) % labelEvery === 0 && (
            <text
              x={LEFT + slot * (index + 0.5)}
              y={HEIGHT - 5}
              text-anchor={index === bars.length - 1 ? 'end' : 'middle'}
            >
              {formatDay(day)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

/** The width an element has, so that what is drawn in it is as large as other text. */
function useWidth() {
  const element = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** The next of 1, 2, 5 × 10ⁿ: a top that the axis can name. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value) ?? 10;
  return factor * power;
}
