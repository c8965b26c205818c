import { MAP_ZOOM_MIN, viewportProblem, type Viewport } from '@porchlight/geo';
import { Problem } from './problem.ts';

/** @throws {Problem} for a viewport that is well formed and impossible */
export function checkViewport(viewport: Viewport): void {
  const code = viewportProblem(viewport);
  if (code !== null) throw new Problem(code);
}

/** @throws {Problem} below the zoom at which homes are drawn */
export function checkHomesAreDrawn(zoom: number): void {
  if (zoom < MAP_ZOOM_MIN) throw new Problem('zoom-too-far');
}
