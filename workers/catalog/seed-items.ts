export interface Kind {
  noun: string;
  /** One of `FINISHES`. */
  finish: keyof typeof FINISHES;
  /** Price of the plainest finish, EUR cents, without the 9 that prices end in. */
  price: number;
  /** `{finish}` is replaced. */
  description: string;
}

/** Five of each, from plain to precious: each kind of thing is sold in every finish of its family. */
export const FINISHES = {
  wood: ["Pine", "Beech", "Bamboo", "Oak", "Walnut"],
  metal: ["Enamelled", "Aluminium", "Brushed Steel", "Brass", "Copper"],
  cloth: ["Cotton", "Hemp", "Linen", "Wool", "Merino"],
  clay: ["Glass", "Earthenware", "Stoneware", "Ceramic", "Porcelain"],
  device: ["Basic", "Compact", "Travel", "Studio", "Pro"],
} as const;

export const KINDS: readonly Kind[] = [
  {
    noun: "Cutting Board",
    finish: "wood",
    price: 1490,
    description: "A {finish} board with a juice groove, oiled by hand and kind to sharp knives.",
  },
  {
    noun: "Frying Pan",
    finish: "metal",
    price: 2990,
    description: "A 28 cm {finish} pan that heats evenly and goes from the hob into the oven.",
  },
  {
    noun: "Tea Towel",
    finish: "cloth",
    price: 390,
    description: "A soft {finish} towel that dries glasses without a trace.",
  },
  {
    noun: "Coffee Mug",
    finish: "clay",
    price: 590,
    description: "A {finish} mug for 300 ml of coffee, safe in dishwasher and microwave.",
  },
  {
    noun: "Headphones",
    finish: "device",
    price: 4990,
    description: "{finish} over-ear headphones with 40 hours of battery and noise cancelling.",
  },
  {
    noun: "Bread Box",
    finish: "wood",
    price: 2490,
    description: "A {finish} box that keeps a loaf fresh for days, its lid a bread board.",
  },
  {
    noun: "Water Bottle",
    finish: "metal",
    price: 1290,
    description: "A {finish} bottle for 750 ml that keeps cold for a day and hot for half of it.",
  },
  {
    noun: "Throw Blanket",
    finish: "cloth",
    price: 3490,
    description: "A {finish} blanket, 130 by 180 cm, for the sofa and long evenings.",
  },
  {
    noun: "Salad Bowl",
    finish: "clay",
    price: 1890,
    description: "A wide {finish} bowl that brings a salad for six to the table.",
  },
  {
    noun: "Bluetooth Speaker",
    finish: "device",
    price: 3990,
    description: "A {finish} speaker that fills a room and shrugs off rain.",
  },
  {
    noun: "Serving Tray",
    finish: "wood",
    price: 1790,
    description: "A {finish} tray with raised edges and two handles for breakfast in bed.",
  },
  {
    noun: "Desk Lamp",
    finish: "metal",
    price: 3490,
    description: "A {finish} lamp with a jointed arm and a warm, dimmable light.",
  },
  {
    noun: "Bath Towel",
    finish: "cloth",
    price: 1590,
    description: "A thick {finish} towel, 70 by 140 cm, that stays soft wash after wash.",
  },
  {
    noun: "Flower Vase",
    finish: "clay",
    price: 1490,
    description: "A {finish} vase with a narrow neck for a single stem or a small bunch.",
  },
  {
    noun: "Keyboard",
    finish: "device",
    price: 4490,
    description: "A {finish} keyboard with quiet switches and a layout that stays out of the way.",
  },
  {
    noun: "Spice Rack",
    finish: "wood",
    price: 1990,
    description: "A {finish} rack that holds twelve jars on the wall or on the worktop.",
  },
  {
    noun: "Garden Trowel",
    finish: "metal",
    price: 890,
    description: "A {finish} trowel with an ash handle for planting and potting.",
  },
  {
    noun: "Cushion Cover",
    finish: "cloth",
    price: 990,
    description: "A {finish} cover, 50 by 50 cm, with a hidden zip.",
  },
  {
    noun: "Teapot",
    finish: "clay",
    price: 2490,
    description: "A {finish} pot for one litre of tea, with a strainer that lifts out.",
  },
  {
    noun: "Webcam",
    finish: "device",
    price: 3290,
    description: "A {finish} camera with a sharp picture in poor light and a shutter for privacy.",
  },
  {
    noun: "Chess Set",
    finish: "wood",
    price: 2990,
    description: "A folding {finish} chess set with weighted pieces and felt bases.",
  },
  {
    noun: "Lunch Box",
    finish: "metal",
    price: 1690,
    description: "A leakproof {finish} box with a divider for a meal on the way.",
  },
  {
    noun: "Tote Bag",
    finish: "cloth",
    price: 790,
    description: "A sturdy {finish} bag with long handles for market days.",
  },
  {
    noun: "Dinner Plate",
    finish: "clay",
    price: 890,
    description: "A 27 cm {finish} plate with a low rim that stacks neatly.",
  },
  {
    noun: "Alarm Clock",
    finish: "device",
    price: 1990,
    description: "A {finish} clock that wakes with light first and sound only if it must.",
  },
  {
    noun: "Picture Frame",
    finish: "wood",
    price: 690,
    description: "A {finish} frame for a 20 by 30 cm print, to hang or to stand.",
  },
  {
    noun: "Coat Hook",
    finish: "metal",
    price: 190,
    description: "A {finish} hook that carries a winter coat, screws included.",
  },
  {
    noun: "Scarf",
    finish: "cloth",
    price: 1990,
    description: "A long {finish} scarf with a fringe, warm without weight.",
  },
  {
    noun: "Plant Pot",
    finish: "clay",
    price: 790,
    description: "A {finish} pot, 15 cm wide, with a saucer for herbs and houseplants.",
  },
  {
    noun: "Power Bank",
    finish: "device",
    price: 2490,
    description: "A {finish} battery that charges a phone three times over.",
  },
  {
    noun: "Bookshelf",
    finish: "wood",
    price: 8990,
    description: "A {finish} shelf with five boards that goes together without tools.",
  },
  {
    noun: "Bicycle Bell",
    finish: "metal",
    price: 590,
    description: "A {finish} bell with a clear, friendly tone.",
  },
  {
    noun: "Bed Linen",
    finish: "cloth",
    price: 4990,
    description: "A {finish} duvet cover and two pillowcases, washed for softness.",
  },
  {
    noun: "Candle Holder",
    finish: "clay",
    price: 490,
    description: "A {finish} holder for one taper candle, glazed inside and out.",
  },
  {
    noun: "Tablet",
    finish: "device",
    price: 19990,
    description: "A {finish} tablet with an 11 inch screen for drawing, reading and films.",
  },
  {
    noun: "Dining Chair",
    finish: "wood",
    price: 7990,
    description: "A {finish} chair with a curved back, made to be sat on for hours.",
  },
  {
    noun: "Camping Stove",
    finish: "metal",
    price: 3990,
    description: "A folding {finish} stove that boils a litre of water in four minutes.",
  },
  {
    noun: "Hammock",
    finish: "cloth",
    price: 5490,
    description: "A {finish} hammock for two, with ropes and hooks for trees or beams.",
  },
  {
    noun: "Espresso Cup",
    finish: "clay",
    price: 490,
    description: "A thick-walled {finish} cup that keeps an espresso hot to the last sip.",
  },
  {
    noun: "E-Reader",
    finish: "device",
    price: 8990,
    description: "A {finish} reader with a paper-like screen and weeks of battery.",
  },
];
