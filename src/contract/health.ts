// Whether a deployment can serve, for monitors.
import * as z from 'zod';

export const healthResponse = z.lazy(() => z.object({ status: z.literal('ok') }));
export type HealthResponse = z.infer<typeof healthResponse>;

export const faultResponse = z.lazy(() =>
  z.object({
    status: z.literal('error'),
    reason: z.string().describe("What is wrong with the deployment's settings"),
  }),
);
export type FaultResponse = z.infer<typeof faultResponse>;
