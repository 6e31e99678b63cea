import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Push } from './push.js';

/** What every page of the shop works with. */
export interface Shop {
  readonly push: Push;
  /** Renders again, after the cart has changed. */
  refresh(): void;
}

export const ShopContext = createContext<Shop | null>(null);
export const useShop = () => useContext(ShopContext)!;
