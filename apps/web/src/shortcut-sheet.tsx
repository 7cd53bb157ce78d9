import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { keysOf, type ShortcutName, shortcuts, useSingleKeys } from './keyboard.js';
import { useOpened } from './ui/use-opened.js';
import styles from './shortcut-sheet.module.css';

const GROUPS = ['move', 'act', 'help'] as const;

/** Every shortcut there is, from the table that makes them work. */
export function ShortcutSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const areOn = useSingleKeys();
  const isOpened = useOpened(isOpen);
  const names = Object.keys(shortcuts) as ShortcutName[];
  return (
    <Modal opened={isOpened} onClose={onClose} title={t('keyboard.title')} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {!areOn && <p className={styles.off}>{t('keyboard.off')}</p>}
      <div className={styles.groups}>
        {GROUPS.map((group) => (
          <section key={group} aria-label={t(`keyboard.group_${group}`)}>
            <h3>{t(`keyboard.group_${group}`)}</h3>
            <dl>
              {names
                .filter((name) => shortcuts[name].group === group)
                .map((name) => (
                  <div key={name} className={styles.line}>
                    <dt>{t(`keyboard.${name}`)}</dt>
                    <dd>
                      {keysOf(name).map((key, index) => (
                        <span key={key}>
                          {index > 0 && <small>{shortcuts[name].keys.includes('+') ? '+' : t('keyboard.then')}</small>}
                          <kbd>{key}</kbd>
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
