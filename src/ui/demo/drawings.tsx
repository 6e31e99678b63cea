import type { JSX } from 'preact';

/** Flat drawings of the products, in a box of 100 by 100. */
const DRAWINGS: Readonly<Record<string, JSX.Element>> = {
  'chaleira-gota': (
    <>
      <path d="M30 84h44l-5-40H35z" fill="var(--i2)" />
      <path
        d="M70 52c14-2 12-18 22-20"
        fill="none"
        stroke="var(--i2)"
        stroke-width="5"
        stroke-linecap="round"
      />
      <path
        d="M34 50c-16 2-16 24-2 26"
        fill="none"
        stroke="var(--i4)"
        stroke-width="5"
        stroke-linecap="round"
      />
      <path d="M36 44h32l-4-8H40z" fill="var(--i3)" />
      <circle cx="52" cy="32" r="4" fill="var(--i4)" />
    </>
  ),
  'moedor-cafe': (
    <>
      <rect x="34" y="40" width="32" height="22" fill="var(--i3)" />
      <rect x="30" y="62" width="40" height="24" rx="2" fill="var(--i4)" />
      <rect x="42" y="70" width="16" height="8" fill="var(--i2)" />
      <path d="M50 40V26h22" fill="none" stroke="var(--i2)" stroke-width="4" stroke-linecap="round" />
      <circle cx="74" cy="26" r="5" fill="var(--i4)" />
    </>
  ),
  'tabua-ipe': (
    <>
      <rect x="22" y="36" width="44" height="48" rx="5" fill="var(--i4)" />
      <path d="M30 46v28M40 42v36M52 46v26" stroke="var(--i2)" stroke-opacity=".35" stroke-width="2" />
      <rect x="66" y="54" width="18" height="12" rx="5" fill="var(--i4)" />
      <circle cx="77" cy="60" r="2.5" fill="var(--alt)" />
    </>
  ),
  'caneca-barro': (
    <>
      <path d="M28 38h36v38a8 8 0 0 1-8 8H36a8 8 0 0 1-8-8z" fill="var(--i5)" />
      <path d="M28 38h36v10H28z" fill="var(--i3)" />
      <path d="M64 48c16-2 16 24 0 22" fill="none" stroke="var(--i5)" stroke-width="6" />
    </>
  ),
  'panela-ferro': (
    <>
      <path d="M20 50h60v22a12 12 0 0 1-12 12H32a12 12 0 0 1-12-12z" fill="var(--i2)" />
      <path d="M22 46a28 14 0 0 1 56 0z" fill="var(--i3)" />
      <circle cx="50" cy="30" r="4" fill="var(--i4)" />
      <path d="M20 58h-8M80 58h8" stroke="var(--i2)" stroke-width="6" stroke-linecap="round" />
    </>
  ),
  'jarra-vidro': (
    <>
      <path d="M36 28h28l-3 14 7 14v24a4 4 0 0 1-4 4H36a4 4 0 0 1-4-4V56l7-14z" fill="var(--i1)" />
      <path d="M32 62h36v18a4 4 0 0 1-4 4H36a4 4 0 0 1-4-4z" fill="var(--i5)" />
    </>
  ),
  'colher-pau': (
    <>
      <g stroke="var(--i4)" stroke-width="4" stroke-linecap="round">
        <path d="M34 86V46M50 86V42M66 86V46" />
      </g>
      <g fill="var(--i4)">
        <ellipse cx="34" cy="38" rx="7" ry="11" />
        <ellipse cx="50" cy="32" rx="7" ry="11" />
        <rect x="60" y="26" width="12" height="22" rx="3" />
      </g>
    </>
  ),
  'prensa-francesa': (
    <>
      <rect x="34" y="40" width="30" height="44" rx="3" fill="var(--i1)" />
      <rect x="34" y="58" width="30" height="26" rx="3" fill="var(--i2)" />
      <path d="M49 58V22" stroke="var(--i3)" stroke-width="3" />
      <circle cx="49" cy="21" r="5" fill="var(--i4)" />
      <rect x="32" y="36" width="34" height="6" fill="var(--i3)" />
      <path d="M64 46h10v26H64" fill="none" stroke="var(--i4)" stroke-width="5" />
    </>
  ),
};

export function Drawing({ slug }: { slug: string }) {
  return DRAWINGS[slug] ?? null;
}

export function Picture({ slug }: { slug: string }) {
  return (
    <div class="ph">
      <svg viewBox="8 11 84 84" aria-hidden="true">
        <Drawing slug={slug} />
      </svg>
    </div>
  );
}

export function Flower() {
  return (
    <svg viewBox="0 0 28 28" aria-hidden="true">
      <g fill="var(--ipe)">
        <circle cx="14" cy="7" r="5.2" />
        <circle cx="7.2" cy="12" r="5.2" />
        <circle cx="20.8" cy="12" r="5.2" />
        <circle cx="9.8" cy="19.6" r="5.2" />
        <circle cx="18.2" cy="19.6" r="5.2" />
      </g>
      <circle cx="14" cy="14" r="3.4" fill="#8a5a08" />
    </svg>
  );
}
