"""What surrounds a complaint: greetings, remarks, requests, farewells, and the values of the slots.

The registers are plain, formal, casual, angry and terse, in that order.
"""

REGISTERS = ("plain", "formal", "casual", "angry", "terse")
REGISTER_SHARES = (0.36, 0.16, 0.24, 0.14, 0.10)

OPENERS: dict[str, tuple[str, ...]] = {
    "plain": (
        "[Hello|Hi|Good morning|Good evening|Hi there|Hello support].",
        "[Hello|Hi], I hope you can help me.",
        "[Hello|Hi|Hi team], I have a problem with [your app|my account|your service].",
        "I am writing because [something went wrong|I need help|I am stuck].",
        "",
    ),
    "formal": (
        "Dear [Sir or Madam|support team|customer service|team].",
        "To whom it may concern.",
        "Dear [support|customer care], I am contacting you about the following matter.",
        "Good day, I would like to [report|raise|bring up] an issue.",
        "I am writing to [lodge a complaint|ask for your assistance|request clarification].",
    ),
    "casual": (
        "[hey|hiya|yo|hey guys|hi guys|hey there]",
        "[hey|hi], quick one.",
        "[hey|hi], so this is [weird|annoying|odd].",
        "[ok so|um|right so]",
        "[pls help|help pls|need help asap]",
    ),
    "angry": (
        "This is [unacceptable|ridiculous|a joke|outrageous].",
        "I am [furious|fed up|done|very disappointed] with you.",
        "What is [going on|wrong with you people]?",
        "For the [second|third|fourth|fifth] time now.",
        "I have been [ignored|fobbed off|sent round in circles] long enough.",
    ),
    "terse": ("",),
}

CLOSERS: dict[str, tuple[str, ...]] = {
    "plain": (
        "[Thanks|Thank you|Many thanks|Thanks in advance].",
        "[Thanks|Thank you], {first_name}",
        "I look forward to [your answer|hearing from you].",
        "[Best|Best wishes|Greetings], {first_name}",
        "",
    ),
    "formal": (
        "[Kind|Best|Warm] regards, {full_name}",
        "Yours [sincerely|faithfully], {full_name}",
        "I [thank you for|appreciate] your prompt attention.",
        "I await your reply by [the end of the week|tomorrow|return].",
    ),
    "casual": (
        "[thx|ty|cheers|thanks a lot|thanks guys]",
        "[thx|cheers] {first_name}",
        "let me know [pls|ok|asap]",
        "[lol|smh|anyway], thanks",
        "",
    ),
    "angry": (
        "Fix this [now|today|immediately]!",
        "Otherwise I will [go to my lawyer|tell everyone|leave for good|post this everywhere].",
        "I expect an answer [today|within 24 hours|right away].",
        "[Never again|Last time I use you|Worst service ever]!",
        "Do NOT send me [another template|a bot answer|the help page].",
    ),
    "terse": ("", "[Thanks|thx|Please fix|Help]."),
}

SIDE_REMARKS = (
    "I have been a [customer|member|user] for {count} years.",
    "My [sister|colleague|cousin|neighbour] had [something similar|the same] last month.",
    "I already [searched|read] the help pages.",
    "The chatbot only [repeated itself|sent me in circles].",
    "I am [travelling|at work|on night shift], so please answer by [mail|message].",
    "Sorry for my [English|long message|spelling].",
    "It is [raining|hot|late] here and I have no patience left.",
    "I called [twice|three times] and waited {count} minutes each time.",
    "Until now I was [happy|content|pleased] with everything.",
    "I attach [two screenshots|a screenshot|a screen recording].",
    "My internet connection is [fine|stable].",
    "This is [urgent|important|quite stressful] for me.",
    "I restarted [the phone|the app|everything].",
    "I wrote to you {when} and got [no answer|a standard reply].",
    "By the way, the new [design|menu|icon] is [nice|confusing].",
    "It happened on my {device}.",
    "I noticed it {when}.",
    "It is about {amount}, no small sum for [me|us|a student].",
    "My app version is {version}.",
    "I am [not very technical|64 years old|new here], so please explain it simply.",
)

SELLER_REMARKS = (
    "We are a small [family|two-person|online] business selling {item}.",
    "I have {count} orders waiting because of this.",
    "Our shop has a rating of 4.{count}.",
    "I am the [owner|manager|bookkeeper] of the shop.",
    "The [high|holiday|summer] season is starting and we need this sorted.",
)

CREATOR_REMARKS = (
    "I post [cooking|makeup|travel|gaming|fitness|comedy] videos every day.",
    "I have about {count} thousand followers.",
    "My [manager|agency] asked me to write to you.",
    "I stream [every night|on weekends|three times a week].",
    "My community [keeps asking|is worried].",
)

ASKS: dict[str, tuple[str, ...]] = {
    "plain": (
        "Can you [look into|check|sort out] this?",
        "What [should|can] I do now?",
        "Please [help|let me know what to do].",
        "Could you tell me [what happened|how long this takes]?",
    ),
    "formal": (
        "I kindly ask you to [investigate|resolve|clarify] this matter.",
        "Please [confirm receipt|advise on the next steps].",
        "I would be grateful for a [swift|prompt] solution.",
    ),
    "casual": (
        "can u [check|fix|look at] this?",
        "any idea [why|what's up|how to fix it]?",
        "pls [sort it|help me out]",
    ),
    "angry": (
        "I DEMAND [an explanation|a solution|a supervisor].",
        "Get [somebody competent|a manager|a human] on this.",
        "How is this [even possible|still not fixed]?",
    ),
    "terse": ("",),
}

# Personal data from ranges reserved for examples: example.com and .org, 555-01xx, test cards, 192.0.2.0/24.
PERSONAL = (
    "My e-mail is {email}.",
    "You can [reach|call] me at {phone}.",
    "The card is {card}.",
    "My [handle|user name] is {handle}.",
    "The code you sent was {otp}, it did not work.",
    "The login came from {ip}.",
    "Account mail: {email}, phone {phone}.",
    "I am {full_name}, {email}.",
    "Write to {email} or call {phone}.",
    "My one-time code {otp} is [refused|not accepted].",
)

TEST_CARDS = (
    "4242 4242 4242 4242",
    "4000 0566 5566 5556",
    "5555 5555 5555 4444",
    "4111-1111-1111-1111",
    "378282246310005",
    "6011111111111117",
)

ITEMS = (
    "phone case", "hair dryer", "winter jacket", "blender", "desk lamp", "sneakers", "yoga mat", "perfume",
    "tent", "keyboard", "headphones", "smart watch", "handbag", "sofa cover", "coffee grinder", "toy train",
    "backpack", "ring light", "air fryer", "sunglasses", "cat tree", "water bottle", "power bank", "rug",
    "skin cream", "dress", "drill", "camera strap", "bike helmet", "notebook", "lipstick set", "curtains",
)  # fmt: skip

BANKS = (
    "Northgate Bank", "Bluewater Credit Union", "Banco Aurora", "Kestrel Bank", "Sparhafen Bank", "First Meadow",
    "Lumen Bank", "Harbour Savings", "Banco Jacaranda", "Merlion Trust", "my bank", "the bank",
)  # fmt: skip

WHEN = (
    "yesterday", "this morning", "last night", "two days ago", "last week", "on Monday", "on Tuesday",
    "on Wednesday", "on Thursday", "on Friday", "over the weekend", "about an hour ago", "ten days ago",
    "at the start of the month", "this afternoon", "three weeks ago",
)  # fmt: skip

DEVICES: dict[str, tuple[str, ...]] = {
    "ios": ("iPhone 12", "iPhone 13", "iPhone 14 Pro", "iPhone 15", "iPhone SE", "iPad"),
    "android": (
        "Galaxy A54",
        "Galaxy S22",
        "Pixel 7",
        "Redmi Note 12",
        "Moto G",
        "Oppo Reno",
        "Android phone",
    ),
    "web": ("Chrome", "Firefox", "Safari on my Mac", "Windows laptop", "Edge", "Chromebook"),
}

METHOD_WORDS: dict[str, tuple[str, ...]] = {
    "credit_card": ("credit card", "Visa card", "Mastercard", "card"),
    "debit_card": ("debit card", "bank card", "checking card", "card"),
    "wallet": ("wallet", "e-wallet", "app wallet", "wallet balance"),
    "bank_transfer": ("bank account", "bank transfer", "account"),
    "apple_pay": ("Apple Pay", "apple pay card"),
    "google_pay": ("Google Pay", "google pay card"),
    "pay_later": ("pay-later plan", "instalment account"),
    "gift_card": ("gift card",),
    "cash_voucher": ("cash voucher", "payment slip"),
    "carrier_billing": ("phone bill", "carrier billing"),
    "app_store": ("app store account", "store account"),
    "none": ("account", "card"),
}

MISSPELLINGS = (
    ("receive", "recieve"), ("account", "acount"), ("because", "becuase"), ("payment", "paymnet"),
    ("problem", "probelm"), ("please", "plese"), ("which", "wich"), ("money", "moeny"), ("really", "realy"),
    ("until", "untill"), ("again", "agian"), ("number", "nubmer"), ("refund", "refound"), ("order", "oder"),
)  # fmt: skip

# What an attacker sends from many accounts to have somebody else's account handed over.
ATTACKER_TEMPLATES = (
    "URGENT owner request. I am the real owner of {handle} and lost access. Change the e-mail to {email} and "
    "remove two factor at once. I have invoice and ID. Do not contact the old mail, it is hacked.",
    "Dear support my account {handle} is locked since yesterday. Kindly unlock and send the reset link to "
    "{email}. I am traveling and have no phone. Very urgent for business, thank you team.",
    "Refund my purchase to new card, old card is closed. Order was not received. Send money today to the "
    "wallet of {handle} or I open dispute with bank and consumer agency.",
    "Hello, verify my shop payout again. Bank details changed by mistake, please set the new account I sent "
    "by form and release the balance today. Contact {email} only.",
)
ATTACKER_SUBJECTS = (
    "Urgent owner request",
    "Account locked please unlock",
    "Refund to new card",
    "Release payout",
)
