"""Every text of the dashboard, in one place, in the words of a chemist.

To translate the page, translate this module; labels and help of the options come from the options
themselves.
"""

TITLE = "antema"
SUBTITLE = "Particle sizes from electron micrographs"

# ---- images
IMAGES = "Images"
DROP = "Drop micrographs here"
DROP_OR = "or choose files"
DROP_HINT = "dm3, dm4, tif, emd, ser, mrc, png, jpg"
SAMPLE = "Try a sample"
SAMPLE_HINT = "Loads a simulated micrograph whose particles are known."
FOLDER = "From the folder {name}"
FOLDER_HINT = "Images on the computer that antema runs on."
FOLDER_UP = ".. (back)"
FOLDER_EMPTY = "(no images here)"
FOLDER_ADD = "Add"
FOLDER_ADD_HINT = "Add the images that are marked; mark several with Ctrl or Shift."
FOLDER_GONE = "The folder {name} is not there any more."
FOLDER_OUTSIDE = "Only files inside the folder that antema was started with can be opened."
SAMPLE_NAME = "Simulated sample"
REMOVE = "Remove this image from the list"
REMOVE_ALL = "Remove all images"
REMOVE_ALL_SURE = "Remove all images and their results? What was not saved is gone."
NO_SCALE = "no pixel size"
NO_SCALE_WHY = "{source}. Type the size of one pixel in the list on the left."
SCALE_PLACEHOLDER = "0.12 nm or 120 pm"
SCALE_LABEL = "Size of one pixel"
SCALE_APPLY = "Use"
SCALE_APPLY_ALL = "Use for all without one"
SCALE_HINT = "The side of one pixel, with its unit: 0.12 nm, 120 pm or 0.0001 µm."
PIXEL_SIZE = "1 px = {size}"
SCALE_SOURCE = "Pixel size: {source}. Click to change it."
SCALE_BY_HAND = "given by hand"
SCALE_OVER_FILE = "{source}; the file said {was:.6g} nm"
SCALE_BY_RULER = "scale bar of {text} measured by hand as {px:.1f} px"
RULER = "Measure the scale bar"
RULER_HINT = "Lay a line along the bar that is drawn into the picture, and type its length."
RULER_NEXT = "Ruler: click one end of the scale bar, then the other. Zoom in to be exact."
RULER_LONG = "The bar is {px:.1f} px long. Its length:"
RULER_LENGTH = "What is written at the bar, with its unit."
RULER_PLACEHOLDER = "50 nm"
RULER_USE_HINT = "Take the pixel size from this bar."
RULER_STOP_HINT = "Put the ruler away."
RULER_SHORT = "Both ends of the scale bar are the same place: click one end, then the other."
RULER_FIRST = "Lay the ruler along the scale bar first."

# ---- options
OPTIONS = "Options"
MORE_OPTIONS = "More options"
RESET = "Reset"
RESET_HINT = "Set every option back to what antema proposes."
PRESETS_LABEL = "Preset"
PRESETS_OWN = "(own options)"
PRESETS_MORE_HINT = "Take options from a file, or keep the present ones in one."
PRESETS_LOAD = "Load from a file"
PRESETS_LOAD_HINT = "Take the options of a file saved here, or of the record of a result (json)."
PRESETS_NAME = "name"
PRESETS_NAME_HINT = "Name of the preset and of its file."
PRESETS_SAVE = "Save"
PRESETS_SAVE_HINT = "Keep the options in a file, for this page and for antema analyze --settings."
PRESETS_FILE = "antema-options"
CHOICES = {
    "uecs": "Overlaps (UECS)",
    "outline": "Overlaps (outline)",
    "watershed": "Necks (watershed)",
    "none": "None",
    "network": "Trained network",
    "otsu": "Grey threshold (Otsu)",
}

EXPLAIN_LIMITS = "From {low:g} to {high:g}{unit}; usually {usual:g}{unit}."
EXPLAIN_HINT = "Explain: {label}"
EXPLAIN_ALT = "{label}, the same picture with different values: {captions}"
# What is said below the parts of the picture of every option, in their order.
EXPLAIN = {
    ("separation", "method"): (
        "UECS: grown back from convex parts, may overlap",
        "Outline: restored from the arcs seen",
        "Watershed: cut at the necks",
        "None: left together",
    ),
    ("separation", "convexity"): ("0.90: one particle", "0.98: two particles"),
    ("separation", "solidity"): ("0: one particle", "0.96: two particles"),
    ("separation", "min_marker_nm"): ("0.5 nm: two particles", "3 nm: the small one is lost"),
    ("separation", "min_marker_px"): ("30 px: two particles", "800 px: the small one is lost"),
    ("separation", "min_convexity"): ("0.50: taken apart", "0.90: left out as a whole"),
    ("separation", "max_holes"): ("10: taken apart", "1: left out as a whole"),
    ("separation", "exclude_edge"): ("on: cut ones do not count", "off: cut ones count as well"),
    ("segmentation", "method"): ("Trained network", "Otsu: misled by an uneven background"),
    ("segmentation", "threshold"): ("0.10: larger", "0.90: smaller"),
    ("segmentation", "invert"): ("off: bright particles are missed", "on: they are found"),
    ("segmentation", "min_diameter_nm"): ("0.5 nm: specks count", "2 nm: specks are removed"),
    ("segmentation", "min_diameter_px"): ("3 px: specks count", "20 px: specks are removed"),
    ("segmentation", "max_hole_nm"): (
        "0.5 nm: both holes stay",
        "1 nm: the small one is closed",
        "2 nm: both are closed",
    ),
    ("segmentation", "max_hole_px"): (
        "3 px: both holes stay",
        "10 px: the small one is closed",
        "20 px: both are closed",
    ),
}

# ---- run
RUN = "Analyse"
RUN_HINT = "Find, separate and measure the particles of every image in the list."
CANCEL = "Cancel"
CANCEL_HINT = "Stop; images that are done keep their results."
BLOCK_NO_IMAGES = "Add a micrograph first."
BLOCK_NO_SCALE = "Type the pixel size of {name} first."
BLOCK_NO_SCALES = "Type the pixel sizes first: {count} images do not hold one."
MOST_NAMES = 3
SKIPPED = "{names} left out: no pixel size."
PROGRESS_IMAGE = "Image {k} of {n}: {step}"
PROGRESS_LEFT = "about {left} left"
READING = "Reading {name}"
UPLOADING = "Receiving {name}"
PACKING = "Packing the results"
STARTING = "Starting"
CANCELLED = "Stopped. Images that were done keep their results."
OUTDATED = "The options changed. Press Analyse to bring the result up to date."
DOUBTS = "Check the outlines. {first}"
DOUBTS_SHORT = "{count}, check"
DOUBTFUL = "Check the outlines of {names}: choose an image to read why."

# ---- picture
VIEWS = {"outlines": "Outlines", "mask": "Segmentation", "picture": "Picture only"}
VIEW_HINT = "What to draw over the micrograph (keys 1, 2, 3)."
CONTRAST = "Contrast"
CONTRAST_HINT = "Contrast of the picture on the screen; it changes no number."
UPDATING_HINT = "Options changed: updating."
PREVIOUS = "◀"
NEXT = "▶"
PREVIOUS_HINT = "Previous image (left arrow key)"
NEXT_HINT = "Next image (right arrow key)"
POSITION = "{k} of {n}"
EMPTY_TITLE = "Particle sizes from a micrograph, in three steps"
EMPTY_STEPS = (
    "Drop one or more micrographs into the list on the left, or press “Try a sample”.",
    "Check the pixel size, then press “Analyse”.",
    "Look at the outlines, then download the table.",
)
NOT_ANALYSED_SHORT = "not analysed yet"
OUTDATED_SHORT = "{count}, out of date"
NOT_ANALYSED = "Not analysed yet. Press Analyse."

# ---- corrections by hand
LEAVE_OUT = "Leave out"
LEAVE_OUT_HINT = "Leave the marked particles out of all numbers (key Delete)."
TAKE_BACK = "Take back"
TAKE_BACK_HINT = "Count what was left out as a particle, as it is outlined (key Delete)."
JOIN = "Join"
JOIN_HINT = "Make one particle of the marked parts; mark several with Shift and a click (key J)."
CUT = "Cut"
CUT_HINT = "Draw a line through a particle to cut it in two (key C)."
UNDO = "Undo"
UNDO_HINT = "Take the last correction back (key U)."
REDO = "Redo"
REDO_HINT = "Make the correction again that was undone (key R)."
TOOL_HINTS = {
    "cut": "Click on both sides of a particle to cut it along the line (Esc stops).",
    "ruler": "Click on both ends of the scale bar (Esc stops).",
}
CUT_NOWHERE = "There is no particle in the middle of that line."
CANNOT_CORRECT = "This cannot be done: {why}."
CORRECTIONS_DROPPED = (
    "{name}: {count} of the corrections by hand could not be made with these options ({why}). "
    "With the earlier options it comes back."
)
CORRECTIONS = {1: "1 correction by hand"}
CORRECTIONS_MANY = "{count} corrections by hand"
CORRECTIONS_NOT_MADE = "{count} not made with these options"
MARKED_MANY = "{count} marked"

# ---- result
RESULT = "Result"
RESULT_EMPTY = "The numbers appear here after the analysis."
NOTHING_FOUND = "No particles found."
NOTHING_FOUND_WHY = (
    "This may be why: the particles are brighter than the background (turn on “Bright particles” "
    "in the options), they touch the edge of the image, or they are smaller than the smallest "
    "particle allowed."
)
SPAN_IMAGE = "This image"
SPAN_SAMPLE = "This sample"
SPAN_SAMPLES = "All samples"
SPAN_ALL = "All images"
SPAN_HINT = "Numbers of the image shown, of its sample, or of all analysed images."
QUANTITY_HINT = "The quantity whose distribution is shown."
LEFT_OUT = "Left out"
LEFT_OUT_HOVER = "left out: %{customdata}<extra></extra>"
LEFT_OUT_WHY = "left out: {reason}"
LEFT_OUT_NONE = "Nothing was left out."
LEFT_OUT_HINT = (
    "What was found but not measured, and why. Choosing only easy particles biases a size."
)
PARTICLE = "Particle {number}"
PARTICLE_NONE = "Click a particle to see its numbers."
WHOLE_KIND = "found as it is"
SEPARATED_KIND = "separated from others"
NUMBER_AXIS = "Number of particles"
AXIS = "{label} in {unit}"
MEAN_SD = {
    "number": "mean {label} ± standard deviation",
    "volume": "mean {label} by volume ± standard deviation",
}
ONLY_ONE = "{label} of the only particle"
FACTS = "median {median}<br>80 % lie between {low} and {high}"

# ---- distribution
WEIGHTINGS = {"number": "by number", "volume": "by volume"}
WEIGHTING_HINT = (
    "By number every particle counts the same; by volume it counts as the cube of its diameter."
)
WEIGHTING_AXES = {"number": NUMBER_AXIS, "volume": "% of the volume"}
CUMULATIVE = "Cumulative"
CUMULATIVE_HINT = "Draw how many percent lie below each value."
CUMULATIVE_AXIS = "% below"
BINS = "Bars"
BINS_HINT = "How many bars the histogram has."
BINS_AUTO = "automatic"
BINS_AUTO_HINT = "Choose the number of bars from the data (rule of Freedman and Diaconis)."
FITS = {"": "no fit", "log-normal": "log-normal fit", "normal": "normal fit"}
FIT_HINT = "Draw the distribution that has the mean and spread of the particles."
FIT_TEXTS = {
    "log-normal": "Log-normal fit: median {centre}{unit}, geometric standard deviation {width}.",
    "normal": "Normal fit: {centre} ± {width}{unit}.",
}
FIT_NEAR = "KS distance {distance}, within the {usual} that chance gives for n\u00a0=\u00a0{count}."
FIT_FAR = (
    "KS distance {distance}, more than the {usual} that chance gives for n\u00a0=\u00a0{count}: "
    "a poor description."
)
FIT_DISTANCE = "KS distance {distance}."
FIT_KS = (
    "The Kolmogorov-Smirnov distance is the largest gap between the cumulative curves of the "
    "particles and of the fit; chance stays below the second number in 95 of 100 samples."
)
FIT_NONE = "No fit: it needs 10 particles that are not all alike."
FILTERED = "{count} of {total} count: {ranges}"
FILTER_OFF = "Count all"
FILTER_OFF_HINT = "Take away every filter; a second click on the same bar does so, too."
RANGE = "{low} to {high}"
RANGE_FROM = "from {low}"
RANGE_TO = "up to {high}"

# ---- samples
SAMPLE_LABEL = "Sample"
SAMPLE_PLACEHOLDER = "name, such as Au batch 3"
SAMPLE_NAME_HINT = (
    "Sample of the image shown and of all images that have none yet; images of one sample are "
    "pooled, and several samples are compared."
)
SAMPLE_NONE = "no name"
SAMPLES_AXES = {"number": "% of the particles", "volume": "% of the volume"}
SAMPLES_CUMULATIVE_AXES = {"number": "% below", "volume": "% of the volume below"}
SAMPLES_HEADS = ("Sample", "n", "mean ± sd", "median")
SAMPLES_NOTE = {
    "number": "{what}{unit}, by number; n is the number of particles.",
    "volume": "{what}{unit}, by volume; n is the number of particles.",
}
SAMPLES_MORE = "The first {count} are drawn."

# ---- how much an option matters
TABS = {False: "Distribution", True: "Effect of an option"}
TABS_HINT = (
    "Show the distribution, or how the numbers would change with another value of an option."
)
TRYING_OPTION_HINT = "The option whose other values are tried; nothing in the result changes."
TRYING_WAIT = "Trying other values of this option …"
TRYING_DIAMETER = "Mean diameter in nm"
TRYING_KEY = (
    "<p class='antema-facts'>For the image shown: number of particles in blue, mean diameter in "
    "orange (dashed). The upright line is the present value. Where both lines are level, the "
    "choice hardly matters.</p>"
)

# ---- table
TABLE_HIDE = "Hide"
TABLE_SHOW = "Show table"
TABLE_FOLD_HINT = "Make room for the picture."
TABLE_ALL = "All columns"
TABLE_FEW = "Fewer columns"
TABLE_COLUMNS_HINT = "Show all that was measured, or only what is looked at most."
TABLE_COUNT = "{count} particles"
TABLE_FILTERED = "{count} of {total} particles"
FILTER = "Keep"
FILTER_FROM = "from"
FILTER_TO = "to"
FILTER_CLEAR = "Clear"
FILTER_HINT = "Acts on the picture, the histogram, the numbers, the table and what you download."

FILTER_BAD = "“{text}” is not a number."
FILTER_RECORDED = "Only particles with {column} from {low:g} to {high:g} are listed."
YES = "yes"

# ---- download
DOWNLOAD_ALL = "Download all"
DOWNLOAD_ALL_HINT = (
    "One zip: tables (xlsx, csv), pictures, the distribution, outlines for ImageJ, and a record of "
    "how the numbers were made."
)
DOWNLOAD_TABLE = "Excel"
DOWNLOAD_TABLE_HINT = "The tables of all analysed images as one Excel file (xlsx)."
DOWNLOAD_ROIS = "ImageJ"
DOWNLOAD_ROIS_HINT = "The outlines as a zip that Fiji's ROI Manager opens, one per image in it."
NOTHING_TO_DOWNLOAD = "There is no result to download yet."

# ---- page
HELP = "About"
HELP_HINT = "What antema is, how to cite it, its network, and its keys."
THEME = "Light / dark"
THEME_HINT = "Switch between a light and a dark page."
SETTINGS_LOADED = "Options taken from {name}."
OPEN_SESSION = "Open session"
OPEN_SESSION_HINT = "Go on with a session that was saved; its images replace those of the list."
SAVE_SESSION = "Save session"
SAVE_SESSION_HINT = "Keep images, options and results in one file, to go on with later."
SESSION_BAD = "{name} is not a session that antema saved, or it is damaged."
SESSION_LOADED = "Session {name} opened."
DISMISS = "Close"
DETAILS = "Details for the developers"
UNEXPECTED = "Something went wrong that antema did not expect: {error}. Your images are still here."
LOST = (
    "The connection to antema was lost. Reload the page to start again; "
    "results that were not downloaded are gone."
)
DUPLICATE_NAME = "{name} ({number})"
ABOUT = """
<h2>antema {version}</h2>
<p>Finds, separates and measures metallic nanoparticles in transmission electron micrographs.</p>
<p>The method: N. Gumbiowski, K. Loza, M. Heggen, M. Epple, <i>Automated analysis of transmission
electron micrographs of metallic nanoparticles by machine learning</i>, Nanoscale Adv. 2023, 5,
2318–2326, <a href="https://doi.org/10.1039/d2na00781a" target="_blank"
rel="noopener">doi 10.1039/d2na00781a</a>. Please cite it when you publish numbers made with
antema.</p>
<p>Your images stay on this computer: antema opens no connection to anywhere else.</p>
"""
NETWORK = "The network in use: <b>{name}</b>."
NETWORK_SCORES = (
    "In {images} real images that it was not trained on it told {accuracy} of the pixels right; "
    "what it took for particles overlaps with what is (IoU) by {iou}, in the worst tenth of the "
    "images by {worst} only. So look at the outlines."
)
MODEL_CARD = "Model card: what it was trained on, and where it fails"
KEYS_TITLE = "Keys"
KEYS = {
    "← →": "previous, next image",
    "1 2 3": "outlines, segmentation, picture only",
    "+ −": "zoom in, out",
    "Delete": "leave out what is marked, or take it back",
    "J": "join what is marked (Shift and a click mark several)",
    "C": "cut a particle along a line",
    "U R": "undo, redo a correction",
    "Esc": "put the tool away, mark nothing",
}

QUANTITY_LABELS = {
    "equivalent_diameter_nm": "Diameter",
    "feret_min_nm": "Smallest Feret diameter",
    "feret_max_nm": "Largest Feret diameter",
    "area_nm2": "Area",
    "perimeter_nm": "Perimeter",
    "circularity": "Circularity",
    "aspect_ratio": "Aspect ratio",
    "convexity": "Convexity",
    "solidity": "Solidity",
}
TABLE_LABELS = {
    "image": "Image",
    "particle": "No.",
    "equivalent_diameter_nm": "Diameter",
    "feret_min_nm": "Feret min",
    "feret_max_nm": "Feret max",
    "area_nm2": "Area",
    "circularity": "Circularity",
    "aspect_ratio": "Aspect ratio",
    "convexity": "Convexity",
    "solidity": "Solidity",
    "perimeter_nm": "Perimeter",
    "mean_intensity": "Grey value",
    "separated": "Separated",
    "below_convexity_threshold": "Below convexity",
    "outline_seen": "Outline seen",
}


def names_text(names: list[str]) -> str:
    """Write a list of names, of many only the first."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return ", ".join(names)


def count_text(particles: int, images: int) -> str:
    """Say how many particles there are in how many images."""
    noun = "particle" if particles == 1 else "particles"
    where = "" if images <= 1 else f" in {images} images"
    return f"{particles} {noun}{where}"


# ---- the page on which options are chosen
MAP = "Make the map"
MAP_HINT = "Tries all the options on all images that have a pixel size."
PROPOSE = "Take the steadiest"
PROPOSE_HINT = "Chooses the point around which the result changes least."
TOLERANCE = "Tolerance in %"
PLATEAU = (
    "<p><b>{options}</b> gives {particles} particles with a mean diameter of {mean}; "
    "{share} of the area is left out.<br>Inside the line ({part} of the map: {spans}) "
    "count and mean diameter stay within {tolerance}.</p>"
)
PLATEAU_SPAN = "{option} {low} to {high}"
PICTURE_CHOSEN = "Chosen"
PICTURE_STEADIEST = "Steadiest"
PICTURE_RESULT = "{count} particles, mean {mean} nm"
PICTURE_ALT = "Part of the micrograph with outlined particles: {options}; {result}"
REFERENCE_DROP = "Drop sizes measured by hand here"
REFERENCE_HINT = "csv or xlsx with diameters, ImageJ ROIs (zip), or a label image"
REFERENCE_HEAD = ("", "antema", "by hand", "difference")
REFERENCE_ROWS = {
    "count": "particles",
    "mean": "mean / nm",
    "sd": "standard deviation / nm",
    "median": "median / nm",
    "d10": "D10 / nm",
    "d90": "D90 / nm",
}
PRESET = "Save these options"
PRESET_HINT = "A small file that the dashboard and the command line take."
PRESET_FILE = "antema-options.json"
PRESET_CHANGES = "The file holds all options; these differ from the usual ones:"
PRESET_DEFAULT = "The file holds all options; none differs from the usual ones."
