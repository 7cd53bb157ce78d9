import type { ModalProps } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOpened } from './use-opened.js';

const Modal = lazy(async () => {
  const { default: Inner } = await import('./modal.js');
  return {
    default: function OpenedModal(props: ModalProps) {
      return <Inner {...props} opened={useOpened(props.opened)} />;
    },
  };
});

/** A dialog whose code is fetched when it is first opened. */
export function LazyModal(props: ModalProps) {
  const { t } = useTranslation();
  const [wasOpened, setOpened] = useState(props.opened);
  if (props.opened && !wasOpened) setOpened(true);
  if (!wasOpened && !props.opened) return null;
  return (
    <Suspense fallback={null}>
      <Modal closeButtonProps={{ 'aria-label': t('action.close') }} {...props} />
    </Suspense>
  );
}
