import plain from '../favicon.svg';
import mentioned from '../favicon-mentioned.svg';
import unread from '../favicon-unread.svg';

let shown = plain;

/** Shows on the tab, and on the app's icon where there is one, whether and how much is unread, and whether it names whoever reads. */
export function showOnTab(count: number, mentions: number): void {
  const icon = mentions > 0 ? mentioned : count > 0 ? unread : plain;
  if (icon !== shown) {
    shown = icon;
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link) link.href = icon;
  }
  showOnApp(count);
}

let counted = 0;

function showOnApp(count: number): void {
  if (count === counted) return;
  counted = count;
  // Not in every browser, and only of use where the page is installed.
  void navigator.setAppBadge?.(count)?.catch(() => {});
}
