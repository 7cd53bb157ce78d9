/** Larger pictures are for saving. */
export const INLINE_IMAGE_BYTES_MAX = 2 * 1024 * 1024;
/** What a browser may show in place without running anything. SVG is not among them: it can hold script. */
export const INLINE_IMAGE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether the HTML of a mail shows this file in its own place. A content id is kept only of what the HTML names. */
export function isShownInline(file: { contentId: string | null; mediaType: string | null; sizeBytes: number | null }): boolean {
  const { contentId, mediaType, sizeBytes } = file;
  return contentId !== null && INLINE_IMAGE_TYPES.has(mediaType ?? '') && sizeBytes !== null && sizeBytes <= INLINE_IMAGE_BYTES_MAX;
}
