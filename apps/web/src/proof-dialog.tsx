import { useTranslation } from 'react-i18next';
import { api } from './api.js';
import { askedProof } from './proof.js';
import { ProofForm } from './proof-form.js';
import { useStore } from './store.js';
import { LazyModal } from './ui/lazy-modal.js';

/** Asks whether it is still you, wherever the server wants to know before it goes on. */
export function ProofDialog() {
  const { t } = useTranslation();
  const asked = useStore(askedProof, (proof) => proof);
  const isEverything = asked?.what === 'everything';
  return (
    <LazyModal opened={asked !== null} onClose={() => asked?.settle(false)} title={t('proof.title')}>
      {asked && (
        <>
          <p>{t(isEverything ? 'proof.helpEverything' : 'proof.help')}</p>
          <ProofForm
            isEverything={isEverything}
            send={async (given) => {
              await api.post('/api/session/confirm', given);
              asked.settle(true);
            }}
            submitLabel={t('proof.submit')}
            otherLabel={t('action.cancel')}
            onOther={() => asked.settle(false)}
            onProved={() => asked.settle(true)}
          />
        </>
      )}
    </LazyModal>
  );
}
