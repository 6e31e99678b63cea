declare global {
  interface Window {
    dataLayer?: unknown[];
  }
}

/** The page's own dataLayer. Always by way of the window: whoever hooks `push` replaces it there. */
export const dataLayer = {
  push(message: unknown): void {
    window.dataLayer ??= [];
    window.dataLayer.push(message);
  },
};
