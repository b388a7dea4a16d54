"""Complaints in other languages, for the problems that reach every market. Slots as in the English grammar."""

# language -> regions in which it is written
LANGUAGE_REGIONS: dict[str, tuple[str, ...]] = {
    "es": ("Latin America", "North America", "Europe"),
    "pt": ("Latin America",),
    "de": ("Europe",),
    "fr": ("Europe",),
    "id": ("Southeast Asia",),
}

# language -> problem -> ways to put it
TRANSLATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "es": {
        "double_charge": (
            "[Hola, me|Me] [cobraron|han cobrado] dos veces {amount} por el mismo pedido. [Quiero que me devuelvan|Por "
            "favor devuelvan] el segundo cargo a mi banco {bank}.",
            "Aparecen dos cargos iguales de {amount} en mi tarjeta y solo hice [una compra|un pedido].",
        ),
        "refund_not_received": (
            "[Hola, todavía|Todavía] no me llega el reembolso de {amount}. Devolví el producto hace {days} días. "
            "[¿Cuándo llega?|¿Qué pasa con mi dinero?]",
        ),
        "card_declined": (
            "Mi tarjeta es rechazada [siempre|cada vez] al pagar, aunque tengo saldo. {bank} dice que no ve "
            "ningún intento. [Ayuda por favor.|Gracias.]",
        ),
        "account_taken_over": (
            "Me [hackearon|robaron] la cuenta y ya no puedo entrar. Mi usuario es {handle}. "
            "[Necesito recuperarla hoy.|Por favor bloqueen la cuenta.]",
        ),
        "creator_payout_missing": (
            "Retiré mis ganancias de {amount} y el dinero [nunca llegó|no aparece]. El retiro figura como exitoso "
            "desde hace {days} días.",
        ),
        "payout_delayed": (
            "El pago de mi tienda lleva {days} días de retraso. [Necesito pagar a mis proveedores.|¿Cuándo lo envían?]",
        ),
    },
    "pt": {
        "double_charge": (
            "Fui cobrado duas vezes em {amount} pelo mesmo pedido. [Quero o estorno.|Por favor devolvam o valor.] "
            "O {bank} mostra as duas cobranças.",
        ),
        "cash_voucher_unmatched": (
            "Paguei o boleto de {amount} [na lotérica|no caixa] e o pedido continua como não pago. "
            "[Tenho o comprovante.|Guardei o recibo.] Já faz {days} dias.",
        ),
        "coins_not_credited": (
            "Comprei {count} moedas e elas não [caíram|apareceram] na minha conta. "
            "[Paguei {amount}.|Já reiniciei o app.]",
        ),
        "account_taken_over": (
            "[Invadiram|Hackearam] minha conta e trocaram tudo. Não consigo entrar. "
            "[Me ajudem!|Meu usuário é {handle}.]",
        ),
        "refund_not_received": (
            "Meu reembolso de {amount} ainda não [caiu|chegou]. Devolvi o produto há {days} dias e ninguém responde.",
        ),
    },
    "de": {
        "double_charge": (
            "Mir wurden [zweimal|doppelt] {amount} für dieselbe Bestellung abgebucht. [Bitte erstatten Sie eine "
            "Buchung.|Ich bitte um Rückzahlung.] Bei der {bank} stehen beide Posten.",
        ),
        "bank_transfer_unmatched": (
            "Meine Überweisung über {amount} wurde [nicht zugeordnet|noch nicht verbucht]. Ich habe vor {days} "
            "Tagen bezahlt und bekomme eine Mahnung.",
        ),
        "code_not_arriving": (
            "Der Bestätigungscode kommt [nicht|nie] an. Ich habe ihn {count} mal angefordert. "
            "[Was kann ich tun?|Bitte helfen Sie mir.]",
        ),
        "refund_not_received": (
            "Die Rückerstattung von {amount} ist nach {days} Tagen [noch nicht|immer noch nicht] da. "
            "Wann kommt mein Geld?",
        ),
        "suspended_by_mistake": (
            "Mein Konto wurde [grundlos|ohne Begründung] gesperrt. Ich habe gegen keine Regel verstoßen. "
            "[Bitte prüfen Sie das.|Mein Name dort ist {handle}.]",
        ),
    },
    "fr": {
        "refund_not_received": (
            "Je n'ai [toujours pas|pas encore] reçu mon remboursement de {amount}. "
            "J'ai renvoyé l'article il y a {days} jours.",
        ),
        "card_declined": (
            "Ma carte est refusée [à chaque fois|sans raison] au paiement. {bank} ne voit aucune demande. "
            "[Merci de m'aider.|Merci.]",
        ),
        "password_reset_fails": (
            "Le lien pour changer le mot de passe ne marche pas. J'ai essayé {count} fois. [Que faire ?|Aidez-moi.]",
        ),
    },
    "id": {
        "wallet_topup_missing": (
            "Saya sudah isi saldo {amount} tapi saldo [belum masuk|tidak bertambah]. Bank {bank} bilang sudah "
            "terkirim. [Tolong dicek.|Mohon bantuannya.]",
        ),
        "coins_not_credited": (
            "Saya beli {count} koin tapi koinnya [tidak masuk|belum masuk]. [Sudah bayar {amount}.|Tolong bantu ya kak.]",
        ),
        "refund_not_received": (
            "Pengembalian dana {amount} [belum saya terima|belum masuk juga] padahal sudah {days} hari. Mohon dibantu.",
        ),
        "account_taken_over": (
            "Akun saya [dibajak|diretas] dan saya tidak bisa masuk. Akun saya {handle}. [Tolong kembalikan.|Mohon diblokir "
            "dulu.]",
        ),
        "code_not_arriving": (
            "Kode verifikasi [tidak pernah|belum] masuk. Sudah minta {count} kali. Tolong dicek.",
        ),
    },
}
